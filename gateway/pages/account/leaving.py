"""Deleting the account: what it means, service by service, before it is asked for.

    read what it means ──just signed in──▶ ask ──14 days──▶ the worker deletes it
                                            └──keep, here or by the mailed link──▶ as before

Who asks has to have signed in just now, as strongly as the account can; every address of the
account hears of it, and of its end. Keeping needs no such proof: nothing is lost by it.
"""

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen, mails, proof
from gateway.pages.sharing import words
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import attempts, erasures
from idp.sessions import Session
from keys import pairwise
from relying_parties import agencies, clients, consents, sectors
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.streams import subscriptions

PLACE = "/account/data/delete"
CONFIRM = "/login/confirm?next=data/delete"
EVENT = "account-purged"


@citizen.signed_in("data")
async def show(call: Call, session: Session) -> Response:
    """Say what deleting means, or when it will be."""
    if session.account.leaving_at is None and not await proof.given(call, session):
        return see_other(CONFIRM)
    return await _page(call, session)


@citizen.signed_in("data")
async def ask(call: Call, session: Session) -> Response:
    """Write the wish down, once, and tell every address of the account how to stop it."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other(CONFIRM)
    if await _looks_after_others(call, session):
        return await _page(call, session)
    if call.form.text("understood") != "yes":
        wrong = call.gettext("Confirm that you have read what happens")
        return await _page(call, session, errors={"understood": wrong})
    if session.account.leaving_at is None:
        await attempts.count(call.entry, "leaving", session.account.id.bytes)
    asked = await erasures.ask(call.entry, session.account.id)
    if asked is not None:
        locale = session.account.locale or call.locale
        await mails.tell(
            call,
            session.account,
            "account-leaving",
            day=claim_labels.day(asked.due_at, locale),
            stop=f"{call.runtime.settings.issuer}/login/leaving/{asked.link}",
        )
    return see_other(PLACE)


@citizen.signed_in("data")
async def keep(call: Call, session: Session) -> Response:
    """Keep the account after all."""
    csrf.check(call)
    await kept(call, session)
    return see_other("/account/data?done=kept")


async def kept(call: Call, session: Session) -> None:
    """Stop the deletion of the account, and tell its addresses; nothing if none is asked for."""
    if await erasures.stop(call.entry, session.account.id):
        await mails.tell(call, session.account, "account-kept")


async def _page(call: Call, session: Session, *, errors: dict[str, str] | None = None) -> Response:
    return citizen.page(
        call,
        "account/leave.html",
        "data",
        status=422 if errors else 200,
        on_leaving=True,
        staff=await _looks_after_others(call, session),
        services=await _services(call, session),
        days=erasures.GRACE.days,
        errors=errors or {},
    )


async def _looks_after_others(call: Call, session: Session) -> bool:
    """Whether the citizen is an administrator, or acts for an agency."""
    if session.account.roles:
        return True
    key, account_id = call.runtime.vault.pairwise, session.account.id
    own = pairwise.subject(key, sectors.OWN, account_id)
    return bool(await agencies.memberships(call.entry, own))


async def _services(call: Call, session: Session) -> list[dict[str, Any]]:
    """Say of each service that has or had something what it hears and what it may keep."""
    theirs = await citizen.subjects(call, session)
    hearing = {
        one.client_id for one in await subscriptions.receivers(call.entry) if EVENT in one.types
    }
    rows = []
    for client_id, agreed in _by_service(await consents.of_subjects(call.entry, theirs)).items():
        client = await clients.find(call.entry, client_id)
        if client is not None:
            rows.append(_row(call, client, agreed, told=client_id in hearing))
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


def _by_service(found: Iterable[Consent]) -> dict[str, list[Consent]]:
    by_service: dict[str, list[Consent]] = {}
    for one in found:
        by_service.setdefault(one.client_id, []).append(one)
    return by_service


def _row(call: Call, client: Client, agreed: list[Consent], *, told: bool) -> dict[str, Any]:
    service = client.registration
    by_law = dict.fromkeys(name for one in agreed for name in one.claims if one.by_law(name))
    laws = dict.fromkeys(
        words(asked.law, call.locale)
        for name in by_law
        if (asked := service.asked.get(name)) and asked.law
    )
    labels = [claim_labels.label(name, call.gettext) for name in by_law]
    return {
        "name": words(service.name, call.locale),
        "agency": words(client.agency.name, call.locale),
        "told": told,
        "law": claim_labels.listed(labels, call.locale),
        "laws": list(laws),
        "contact": service.contact or client.agency.contact or "",
    }
