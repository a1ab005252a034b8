"""Whom a change is told to: seen beforehand on the page of the detail, and left out one by one.

    may read it ─┬─ a law asks for it ─▶ told
                 ├─ ticked ────────────▶ told        unticked ─▶ left out
                 └─ hears no events ───▶ sees it when it reads next
    does not have it, and asks for it ─▶ named, so that the citizen can share it there

What a register says goes before what the citizen says: then nothing changes for anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway import announcing
from gateway.announcing import Hearer
from gateway.pages.account import citizen
from gateway.pages.sharing import words
from gateway.web.call import Call
from idp import attributes
from idp.sessions import Session
from relying_parties import changes, clients, consents
from relying_parties.clients import Client
from relying_parties.streams import subscriptions

FIELD = "tell"
MOST = 1000  # fields of a form: every service that the citizen shares with may be one


@dataclass(frozen=True, slots=True)
class Whom:
    """Who may be told of a change, and who asks for the detail without having it."""

    hearers: tuple[Hearer, ...] = ()
    others: tuple[Client, ...] = ()


async def known(call: Call, session: Session, claim: str) -> Whom:
    """Return whom it concerns that the citizen says something else of ``claim``."""
    return await all_of(call, session, claim) if await _counts(call, session, claim) else Whom()


async def all_of(call: Call, session: Session, claim: str) -> Whom:
    """Return whom it concerns that services read something else of ``claim``."""
    changed = announcing.followers([claim])
    hearing = announcing.hearing(await subscriptions.receivers(call.entry))
    theirs = await citizen.subjects(call, session)
    hearers, others = [], []
    for consent in await consents.of_subjects(call.entry, theirs):
        client = await clients.find(call.entry, consent.client_id)
        if client is None or not consent.live(call.entry.at):
            continue
        found = announcing.hearer(client, consent, changed, hearing)
        if found is not None:
            hearers.append(found)
        elif client.live and changed & client.registration.asked.keys():
            others.append(client)
    return Whom(tuple(hearers), tuple(others))


async def tell(call: Call, whom: Whom, *, effective: date | None = None) -> int:
    """Tell whom the form names, and whom a law names; return how many are told.

    :param effective: the day on which it changes, if that is to come
    """
    ticked = set(call.form.all(FIELD))
    reached = [one for one in whom.hearers if one.reached]
    told = [one for one in reached if one.by_law or one.client.client_id in ticked]
    left_out = [one for one in reached if one not in told]
    issuer = call.runtime.settings.issuer
    await announcing.announce(call.entry, issuer, told, effective=effective)
    await announcing.leave_out(call.entry, left_out, effective=effective)
    return len(told)


async def take_back(call: Call, session: Session, claim: str, effective: date) -> int:
    """Tell those who were told of a day to come that it comes no more; return how many."""
    concerned = await known(call, session, claim)
    theirs = await citizen.subjects(call, session)
    knew = {
        one.client_id
        for one in await changes.of_subjects(call.entry, theirs)
        if one.effective_from == effective and claim in one.claims and one.state != changes.LEFT_OUT
    }
    again = [one for one in concerned.hearers if one.reached and one.client.client_id in knew]
    return await announcing.announce(call.entry, call.runtime.settings.issuer, again)


def shown(call: Call, whom: Whom, *, again: bool) -> dict[str, Any]:
    """Spell it for the page.

    :param again: the form came back, so what was ticked stays as it was
    """
    ticked = set(call.form.all(FIELD))

    def rows(hearers: Iterable[Hearer]) -> list[dict[str, Any]]:
        return [
            {**_named(call, one.client), "on": not again or one.client.client_id in ticked}
            for one in hearers
        ]

    reached = [one for one in whom.hearers if one.reached]
    return {
        "law": rows(one for one in reached if one.by_law),
        "ticked": rows(one for one in reached if not one.by_law),
        "later": rows(one for one in whom.hearers if not one.reached),
        "others": [_named(call, client) for client in whom.others],
    }


async def _counts(call: Call, session: Session, claim: str) -> bool:
    """Whether services would read what the citizen says: no register says otherwise."""
    vault, account_id = call.runtime.vault, session.account.id
    best = (await attributes.read(call.entry, vault, account_id, [claim])).get(claim)
    return best is None or not best.verified


def _named(call: Call, client: Client) -> dict[str, str]:
    return {
        "client_id": client.client_id,
        "name": words(client.registration.name, call.locale),
        "agency": words(client.agency.name, call.locale),
    }
