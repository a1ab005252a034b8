"""The front: what waits, the services that one uses, and others by need and life event.

What somebody looks for stands in the address of their own browser and is kept nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from gateway import life_events
from gateway.pages import finding, logos, opening, stale
from gateway.pages.account import citizen, places, waiting
from gateway.pages.sharing import words
from gateway.web import render
from gateway.web.call import Call
from idp.sessions import Session
from relying_parties import clients, consents, releases
from relying_parties.clients import Client
from relying_parties.life_events import LIFE_EVENTS

CARRY_ON = 3
FEW = 12  # services that stand on the first page; the register has all
YOURS = ("inbox", "requests", "details", "sharing", "changes")  # pages of the account
RECENT = 500  # lines of the ledger that say what was used last


async def home(call: Call) -> Response:
    """Show what waits and what is used; find a service by words, or by what happens in life."""
    sought = " ".join(call.query.text("q").split())[:100]
    live = await _live(call)
    session = await call.session()
    theirs = await citizen.subjects(call, session) if session else {}
    used = await _used(call, session, theirs) if session else []
    if sought:
        return _found(call, live, used, sought)
    mine = [one for name in used for one in live if one.client_id == name][:CARRY_ON]
    others = [one for one in live if one not in mine]
    return render.page(
        call,
        "portal/home.html",
        sought="",
        waiting=await waiting.of(call, session, theirs) if session else [],
        mine=[card(call, one) for one in mine],
        yours=places.named(call, YOURS) if session else [],
        events=_events(call, live),
        services=_cards(call, others[:FEW], used),
        more=len(live) > len(others[:FEW]),
    )


@stale.page
async def life_event(call: Call) -> Response:
    """Show the services for one life event, those that the citizen uses first."""
    name = call.path_text("event")
    if name not in life_events.WORDS:
        raise stale.DeadEnd(stale.NO_SUCH_SERVICE)
    session = await call.session()
    used: Sequence[str] = ()
    if session:
        used = await _used(call, session, await citizen.subjects(call, session))
    found = [one for one in await _live(call) if name in one.registration.life_events]
    said, _ = life_events.WORDS[name], call.gettext
    return render.page(
        call,
        "portal/life.html",
        title=_(said.name),
        lead=_(said.lead),
        services=_cards(call, found, used),
    )


def card(call: Call, client: Client) -> dict[str, Any]:
    """Return how a service stands in a list."""
    service = client.registration
    return {
        "client_id": client.client_id,
        "name": words(service.name, call.locale),
        "agency": words(client.agency.name, call.locale),
        "description": words(service.description, call.locale),
        "logo": logos.address(client),
        "start": opening.address(service, call.runtime.settings.issuer),
        "verified": any("LoA/substantial" in acr or "LoA/high" in acr for acr in service.acr),
    }


def links(call: Call, names: Iterable[str]) -> list[dict[str, str]]:
    """Return life events as links to their pages, in their fixed order."""
    given = set(names)
    return [
        {"text": call.gettext(life_events.WORDS[name].name), "href": f"/life/{name}"}
        for name in LIFE_EVENTS
        if name in given
    ]


def _found(call: Call, live: Sequence[Client], used: Sequence[str], sought: str) -> Response:
    wanted = finding.sought(sought)
    open_ = {name for one in live for name in one.registration.life_events}
    events = finding.best(wanted, {name: _text_of(call, name) for name in open_})
    found = finding.best(wanted, {one.client_id: _text(call, one) for one in live})
    known = {one.client_id: one for one in live}
    return render.page(
        call,
        "portal/home.html",
        sought=sought,
        services=_cards(call, [known[name] for name in found], used),
        events=links(call, events) if found or events else _events(call, live),
    )


def _cards(call: Call, found: Iterable[Client], used: Sequence[str]) -> list[dict[str, Any]]:
    """Return services in their order, but those that are used before all others."""
    ordered = sorted(found, key=lambda one: one.client_id not in used)
    return [card(call, one) | {"mine": one.client_id in used} for one in ordered]


def _events(call: Call, live: Iterable[Client]) -> list[dict[str, str]]:
    return links(call, (name for one in live for name in one.registration.life_events))


def _text(call: Call, client: Client) -> finding.Text:
    """Return what can be found of a service, whatever languages it speaks."""
    service = client.registration
    own = (service.description, service.needs, client.agency.name)
    events = (each for name in service.life_events for each in _said(call, name))
    return finding.text(
        tuple(service.name.values()),
        (*(each for by_language in own for each in by_language.values()), *events),
    )


def _text_of(call: Call, event: str) -> finding.Text:
    name, _lead, sought = _said(call, event)
    return finding.text((name,), (sought,))


def _said(call: Call, event: str) -> tuple[str, ...]:
    return tuple(call.gettext(each) for each in life_events.WORDS[event])


async def _live(call: Call) -> list[Client]:
    listed = [one for one in await clients.listed(call.entry) if one.status == "live"]
    return sorted(listed, key=lambda one: words(one.registration.name, call.locale).casefold())


async def _used(call: Call, session: Session, theirs: Mapping[str, Any]) -> list[str]:
    """Return the ids of services that the citizen shares something with, the last used first."""
    lines = await citizen.lines(call, session, theirs, RECENT)
    last = {
        client_id: max(each.last for each in of.values())
        for client_id, of in releases.last_reads(lines).items()
    }
    shared = {
        one.client_id: last.get(one.client_id, one.given_at)
        for one in await consents.of_subjects(call.entry, theirs)
        if one.live(call.entry.at)
    }
    return sorted(shared, key=lambda name: shared[name], reverse=True)
