"""The public register: who may ask for which details, why, by which right, since when.

For people as pages, for programs as JSON, for whoever watches as a feed of decisions
(RFC 4287). Everything of it can be read without an account.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import front
from gateway.pages.sharing import words
from gateway.web import caching, render
from gateway.web.call import Call
from gateway.web.dispatch import Route
from relying_parties import clients, public_register
from relying_parties.clients import Client
from relying_parties.public_register import Decision
from relying_parties.purposes import Asked, Purpose

PAGE = 25  # services
SECONDS = 300  # for which anyone may keep what programs read


async def show(call: Call) -> Response:
    """List the live services, or those that may ask for one detail."""
    await call.session()
    live = await _live(call)
    details = _details(call, live)
    sought = call.query.text("detail")
    if sought not in details:
        sought = ""
    found = [one for one in live if not sought or sought in one.registration.asked]
    last = max(1, -(-len(found) // PAGE))
    number = min(_number(call.query.text("page")), last)
    since = await public_register.since_when(call.entry)
    return render.page(
        call,
        "portal/register.html",
        details=sorted(details.items(), key=lambda item: item[1].casefold()),
        sought=sought,
        count=len(found),
        rows=[
            _row(call, one, sought, claim_labels.day(since[one.client_id], call.locale))
            for one in found[(number - 1) * PAGE : number * PAGE]
            if one.client_id in since
        ],
        number=number,
        last=last,
        place=partial(_place, sought),
    )


async def as_json(call: Call) -> Response:
    """Tell all of it, in every language that the services speak."""
    since = await public_register.since_when(call.entry)
    services = [
        {
            "client_id": one.client_id,
            "name": dict(one.registration.name),
            "description": dict(one.registration.description),
            "agency": {"id": one.agency.id, "name": dict(one.agency.name)},
            "in_force_since": since[one.client_id].isoformat(),
            "profile": one.registration.profile.name,
            "privacy": one.registration.privacy,
            "contact": one.registration.contact,
            "life_events": list(one.registration.life_events),
            "purposes": [_purpose(each) for each in one.registration.purposes],
        }
        for one in await _live(call)
        if one.client_id in since
    ]
    body = json.dumps({"services": services}, ensure_ascii=False).encode()
    return caching.public(call, body, SECONDS)


async def feed(call: Call) -> Response:
    """Tell the newest decisions, as Atom."""
    issuer, _ = call.runtime.settings.issuer, call.gettext
    decisions = await public_register.recent(call.entry)
    updated = decisions[0].at if decisions else call.entry.at
    entries = "".join(_entry(call, one, earlier(decisions, one)) for one in decisions)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(_('Who may ask for what'))}</title><id>{issuer}/services</id>"
        f'<link href="{issuer}/services"/><link rel="self" href="{issuer}/services.atom"/>'
        f"<updated>{updated.isoformat()}</updated>{entries}</feed>\n"
    )
    return caching.public(call, text.encode(), SECONDS, "application/atom+xml")


def earlier(decisions: Sequence[Decision], one: Decision) -> Decision | None:
    """Return what was in force before a decision, if it is among ``decisions``."""
    of_service = (
        each for each in decisions if each.client_id == one.client_id and each.version < one.version
    )
    return max(of_service, key=lambda each: each.version, default=None)


def changed(call: Call, one: Decision, before: Decision | None) -> list[str]:
    """Say what a decision changed in what a service may ask for."""
    _, now = call.gettext, one.registration.asked
    then = before.registration.asked if before else {}
    came = [claim_labels.label(name, _) for name in now if name not in then]
    went = [claim_labels.label(name, _) for name in then if name not in now]
    said = []
    if came:
        said.append(_("May ask for: %(details)s.") % {"details": ", ".join(came)})
    if went:
        said.append(_("May no longer ask for: %(details)s.") % {"details": ", ".join(went)})
    return said or [_("The details stayed the same.")]


def decided(call: Call, one: Decision) -> str:
    """Say who decided."""
    _ = call.gettext
    if one.by_itself:
        return _("The service registered itself.")
    if one.by_operator:
        return _("Entered by whoever runs this site.")
    return _("Asked for by the agency, checked and approved by a second person.")


async def _live(call: Call) -> list[Client]:
    listed = [one for one in await clients.listed(call.entry) if one.status == "live"]
    return sorted(listed, key=lambda one: words(one.registration.name, call.locale).casefold())


def _details(call: Call, live: Sequence[Client]) -> dict[str, str]:
    names = {name for one in live for name in one.registration.asked}
    return {name: claim_labels.label(name, call.gettext) for name in names}


def _row(call: Call, one: Client, sought: str, since: str) -> dict[str, Any]:
    asked = one.registration.asked
    return {
        "client_id": one.client_id,
        "name": words(one.registration.name, call.locale),
        "agency": words(one.agency.name, call.locale),
        "count": len(asked),
        "events": front.links(call, one.registration.life_events),
        "why": words(asked[sought].why, call.locale) if sought else "",
        "law": bool(sought) and asked[sought].basis == "law",
        "since": since,
    }


def _place(sought: str, number: int) -> str:
    asked = {"detail": sought, "page": str(number)}
    return "/services?" + urlencode({name: text for name, text in asked.items() if text})


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _purpose(purpose: Purpose) -> dict[str, Any]:
    return {
        "id": purpose.id,
        "name": dict(purpose.name),
        "keep_days": purpose.keep_days,
        "claims": [_asked(each) for each in purpose.claims],
    }


def _asked(asked: Asked) -> dict[str, Any]:
    law = {"law": dict(asked.law)} if asked.law else {}
    return {
        "claim": asked.claim,
        "need": asked.need,
        "basis": asked.basis,
        "why": dict(asked.why),
        **law,
    }


def _entry(call: Call, one: Decision, before: Decision | None) -> str:
    place = f"{call.runtime.settings.issuer}/services/{one.client_id}"
    name, agency = (words(each, call.locale) for each in (one.registration.name, one.agency))
    said = " ".join([*changed(call, one, before), decided(call, one)])
    return (
        f"<entry><title>{escape(name)} · {escape(agency)}</title>"
        f'<id>{place}#version-{one.version}</id><link href="{place}"/>'
        f"<updated>{one.at.isoformat()}</updated><summary>{escape(said)}</summary></entry>"
    )


ROUTES: tuple[Route, ...] = (
    Route("/services", {"GET": show}),
    Route("/services.json", {"GET": as_json}, "protocol"),
    Route("/services.atom", {"GET": feed}, "protocol"),
)
