"""Standing: a request that a citizen agreed to beforehand is approved without asking them again.

    taken ──its row held──▶ all of it within rules ──▶ decided as any request ──▶ approved, used
      └── anything new, stronger, more, too often, or over ──▶ it waits for the citizen

Nothing is decided otherwise here: the request passes :func:`gateway.oauth.interaction.decide`
as of a citizen whose sign-in was that of the rule, and the code asks the consent and the
service as they are at this moment. It is the worker's to do, so that whoever asks is answered
in the same time whether there is a rule; its row is held only if one answers it, because a
poll that waits for it would tell that there is somebody.

Specs: OpenID Connect CIBA Core 1.0 §8, RFC 9396 §7, product N8.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from gateway.oauth import approving, rich
from gateway.oauth.approving import Standing
from gateway.oauth.interaction import Step
from gateway.oauth.refusals import OAuthRefused
from gateway.runtime import AtWork, Runtime
from idp import assurance
from idp.accounts import Account
from idp.sessions import Session
from keys import pairwise
from keys.entry import Entry
from relying_parties import agencies, approvals, consents, inquiries, standing_rules
from relying_parties.clients import Client
from relying_parties.errors import ConsentMissing
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked
from relying_parties.standing_rules import Rule


async def answer(runtime: Runtime, entry: Entry, account: Account, request_id: UUID) -> bool:
    """Approve a request if its citizen agreed to all of it beforehand; whether that was so."""
    theirs = await _subjects(runtime, entry, account)
    if not await _promising(entry, request_id, theirs):
        return False
    held = await backchannel_requests.hold(entry, request_id, theirs)
    client: Client | None = await runtime.client(held.client_id) if held else None
    if held is None or held.state != "pending" or client is None or not client.live:
        return False
    rules = [
        one
        for one in await standing_rules.hold(entry, held.subject, client.client_id)
        if one.given_at <= held.created_at  # beforehand, to the letter
    ]
    found = await _rules(entry, held, rules) if rules else None
    # Who asked something about it wants to decide by themselves.
    if not found or await inquiries.talked_about(entry, held.id):
        return False
    here = AtWork(runtime, entry)
    at = await _at(here, held, client, account, found)
    try:
        rich.judge(at.request.authorization_details, client.registration, entry.at)
    except OAuthRefused:
        return False
    if approving.decide(here, at, confirmed=False).step is not Step.ISSUE or _wishes(at):
        return False
    return await _approve(here, at, found)


async def _subjects(runtime: Runtime, entry: Entry, account: Account) -> list[str]:
    key = runtime.vault.pairwise
    return [
        pairwise.subject(key, agency.sector, account.id) for agency in await agencies.listed(entry)
    ]


async def _promising(entry: Entry, request_id: UUID, theirs: Sequence[str]) -> bool:
    """Whether there seem to be rules that answer it, held or not."""
    asked = await backchannel_requests.find(entry, request_id, theirs)
    if asked is None:
        return False
    known = await standing_rules.of(entry, [asked.subject])
    live = [one for one in known if one.client_id == asked.client_id and one.live(entry.at)]
    return bool(live and await _rules(entry, asked, live))


async def _rules(entry: Entry, held: Asked, rules: Sequence[Rule]) -> list[Rule] | None:
    asked = held.request
    # A rule says nothing of details that are asked for one by one, or with their proof.
    if any((asked.get("claims") or {}).values()) or asked.get("verified"):
        return None
    return await standing_rules.answering(
        entry,
        rules,
        asked.get("authorization_details") or (),
        scopes=str(asked.get("scope") or "").split(),
        resources=asked.get("resource") or (),
    )


async def _at(
    here: AtWork, held: Asked, client: Client, account: Account, rules: Sequence[Rule]
) -> Standing:
    """Work out what the request comes to for whoever gave the weakest of ``rules``."""
    weakest = min(rules, key=lambda one: (one.aal, one.auth_time))
    now = replace(account, ial=min(account.ial, *(one.ial for one in rules)))
    signed_in = min(one.auth_time for one in rules)
    session = Session(
        id=weakest.id,
        account=now,
        kind="citizen",
        started_at=signed_in,
        seen_at=signed_in,
        expires_at=signed_in,
        auth_time=signed_in,
        amr=tuple(weakest.amr),
        aal=weakest.aal,
        device="",
    )
    at = await approving.standing(here, held, client, session)
    # That somebody is to be asked, every time, is what the rule stands in for.
    return replace(at, request=replace(at.request, prompt=()))


def _wishes(at: Standing) -> bool:
    """Whether a stronger sign-in is wished for: the citizen would be offered one."""
    wished = at.request.acr_values
    if not wished:
        return False
    found = assurance.missing(at.session, wished, essential=False)
    return not isinstance(found, assurance.Met)


async def _approve(here: AtWork, at: Standing, rules: Sequence[Rule]) -> bool:
    entry = here.entry
    consent = await consents.current(entry, at.asked.subject, at.client.client_id)
    if consent is None or any(one.consent_id != consent.id for one in rules):
        return False
    pairs = list(zip(rules, at.request.authorization_details, strict=True))
    for rule, detail in pairs:
        await approvals.approve(entry, consent.id, [detail], shown_digest=rule.shown_digest)
    try:
        await approving.approve(here, at, consent)
    except ConsentMissing:  # it ended a moment ago, and what was approved of it with it
        return False
    for rule, detail in pairs:
        await standing_rules.use(entry, rule, request_id=at.asked.id, detail=detail)
    await backchannel_requests.by_rule(entry, at.asked)
    return True
