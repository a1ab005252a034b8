"""Where requests stand: what the citizen asked of offices, and how far each of them is.

    all of them ──open, closed──▶ those that wait for the citizen first ──▶ one, with its line

The offices report it; we say whose turn it is, by when, and whether the day has passed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.account import citizen
from gateway.pages.passage import Arrival
from gateway.pages.sharing import words
from gateway.web.call import Call
from gateway.web.locale import N_
from idp import attributes
from idp.sessions import Session
from keys.sealing import DataKey
from relying_parties import clients, consents, requests
from relying_parties.purposes import Words
from relying_parties.request_states import WAITING_FOR_YOU, State
from relying_parties.requests import Noted, Request

PAGE = 25
LATE = timedelta(hours=1)  # after which it is worth saying when we heard of a state

STATES = {
    "received": (N_("Received"), ""),
    "in_progress": (N_("In progress"), "brand"),
    "waiting_for_you": (N_("Waiting for you"), "warn"),
    "waiting_for_other": (N_("Waiting for another office"), ""),
    "decided": (N_("Decided"), "good"),
    "closed": (N_("Closed"), ""),
}
SHOWN = {"open": N_("Open"), "closed": N_("Decided or closed"), "all": N_("All")}


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests are open, wait for the citizen, and for an office that lets a day pass."""

    open: int
    waiting: int
    overdue: int


@citizen.signed_in("requests")
async def show(call: Call, session: Session) -> Response:
    """List them as they stand: what waits for the citizen, then the last that moved."""
    theirs = await citizen.subjects(call, session)
    found = await requests.of_subjects(call.entry, await _key(call, session), theirs)
    wanted = call.query.text("show")
    wanted = wanted if wanted in SHOWN else "open"
    fitting = {name: [one for one in found if _fits(one, name)] for name in SHOWN}
    chosen = sorted(fitting[wanted], key=lambda one: one.now.state != WAITING_FOR_YOU)
    count = max(1, -(-len(chosen) // PAGE))
    page = min(_number(call.query.text("page")), count)
    sharing = await _sharing(call, theirs)
    return citizen.page(
        call,
        "account/requests.html",
        "requests",
        rows=[await _row(call, one, sharing) for one in chosen[(page - 1) * PAGE : page * PAGE]],
        empty=not found,
        filters=[
            {
                "href": f"/account/requests?show={name}",
                "text": call.gettext(text),
                "count": len(fitting[name]),
                "current": name == wanted,
            }
            for name, text in SHOWN.items()
        ],
        pages={"now": page, "count": count, "address": lambda n: f"?show={wanted}&page={n}"},
    )


@stale.page
@citizen.signed_in("requests")
async def look(call: Call, session: Session) -> Response:
    """Show one with every state that it was in."""
    theirs = await citizen.subjects(call, session)
    found = await requests.find(call.entry, await _key(call, session), _id(call), theirs)
    if found is None:
        raise stale.DeadEnd(stale.NO_PROGRESS)
    return citizen.page(
        call,
        "account/progress.html",
        "requests",
        it=await _row(call, found, await _sharing(call, theirs)),
        line=[_step(call, one) for one in found.states],
    )


async def count(call: Call, session: Session, subjects: Mapping[str, Any]) -> Count:
    """Count what the citizen may want to look at."""
    found = await requests.of_subjects(call.entry, await _key(call, session), subjects)
    going = [one for one in found if not one.now.settled]
    mine = [one for one in going if one.now.state == WAITING_FOR_YOU]
    late = [one for one in going if one not in mine and one.now.overdue(call.entry.at.date())]
    return Count(len(going), len(mine), len(late))


def _fits(one: Request, wanted: str) -> bool:
    return wanted == "all" or one.now.settled == (wanted == "closed")


async def _row(call: Call, one: Request, sharing: frozenset[str]) -> dict[str, Any]:
    client = await clients.find(call.entry, one.client_id)
    state = one.now
    return {
        "id": one.id,
        "to": passage.arrival(client, call.locale) if client else _nobody(one),
        "contact": (client.registration.contact or "") if client else "",
        "number": one.number,
        "ended": one.client_id not in sharing,
        "title": _said(state.title, call.locale),
        "office": _said(state.office, call.locale),
        "next_step": _said(state.next_step, call.locale),
        "link": state.link or "",
        "mine": state.state == WAITING_FOR_YOU,
        "moment": state.at,
        "when": claim_labels.clock(state.at, call.locale),
        **_word(call, state),
        **_due(call, one),
    }


def _word(call: Call, state: State) -> dict[str, str]:
    word, tone = STATES[state.state]
    return {"word": call.gettext(word), "tone": tone}


def _due(call: Call, one: Request) -> dict[str, Any]:
    """Say by when, or plainly that the day has passed."""
    _, state, today = call.gettext, one.now, call.entry.at.date()
    if state.due is None or state.settled:
        return {"due": "", "late": ""}
    day = claim_labels.day(state.due, call.locale)
    if not state.overdue(today):
        return {"due": day, "late": ""}
    if state.state == WAITING_FOR_YOU:
        said = _("You were asked to do this by %(day)s. Ask the office what to do now.")
    elif one.silent(today):
        said = _("This was due on %(day)s. The office has not reported since.")
    else:
        said = _("This was due on %(day)s.")
    return {"due": day, "late": said % {"day": day}}


def _step(call: Call, one: Noted) -> dict[str, Any]:
    state = one.state
    late = one.noted_at - state.at > LATE
    return {
        "moment": state.at,
        "clock": claim_labels.clock(state.at, call.locale),
        "noted": claim_labels.clock(one.noted_at, call.locale) if late else "",
        "office": _said(state.office, call.locale),
        "next_step": _said(state.next_step, call.locale),
        "due": claim_labels.day(state.due, call.locale) if state.due else "",
        **_word(call, state),
    }


def _said(by_language: Words, locale: str) -> dict[str, str]:
    text = words(by_language, locale)
    tongue = next((tag for tag, one in by_language.items() if one == text), "")
    return {"text": text, "lang": "" if tongue == locale else tongue}


async def _sharing(call: Call, subjects: Sequence[str] | Mapping[str, Any]) -> frozenset[str]:
    """Return the services that can report now."""
    given = await consents.of_subjects(call.entry, [*subjects])
    return frozenset(one.client_id for one in given if one.live(call.entry.at))


async def _key(call: Call, session: Session) -> DataKey:
    return await attributes.data_key(call.entry, call.runtime.vault, session.account.id)


def _nobody(one: Request) -> Arrival:
    return Arrival(one.client_id, "", "", "", "", "", "", "")


def _id(call: Call) -> UUID:
    try:
        return UUID(call.path_text("request"))
    except ValueError as error:
        raise stale.DeadEnd(stale.NO_PROGRESS) from error


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
