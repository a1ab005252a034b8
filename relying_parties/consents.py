"""Consents: what a citizen lets a service have, for how long, and their way out of it.

    give ─▶ active ──narrow / give──▶ active
               │  ◀──restore (24 h)─────┐
               ├──withdraw──▶ withdrawn ┘   (narrowed to what a law demands, if it does)
               ├──prolong──▶ active, with a later end
               └──time────▶ expired

There is one active consent for a citizen and a service, whatever sector the service
shares with others. A withdrawal ends, in its own transaction, everything that was
issued under the consent; what is read later asks the consent each time anyway.

Knows a citizen by pairwise subjects only. Functions that change take all subjects of
the citizen who acts, so that nobody can reach another's consent by its id.

Specs: OpenID Connect Core §3.1.2.4, Grant Management for OAuth 2.0, GDPR Art. 7.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from keys import opaque
from keys.entry import Entry
from relying_parties import claims_policy, consent_records, events, managed, standing_rules
from relying_parties.clients import Client
from relying_parties.consent_records import Change, Consent
from relying_parties.errors import ClaimsNotAsked, ConsentUnknown, RestoreTooLate, StateConflict
from relying_parties.grants import families
from relying_parties.registration import Registration

__all__ = [
    "Change",
    "Consent",
    "Decision",
    "current",
    "give",
    "narrow",
    "prolong",
    "restore",
    "withdraw",
]

UNDO = timedelta(hours=24)
LONGER = (30, 182)  # days that a citizen may add, beside the most that the purposes allow


@dataclass(frozen=True, slots=True)
class Decision:
    """What a citizen decided on one page.

    :ivar asked: everything that the page showed
    :ivar claims: the part of it that they let the service have
    :ivar duration: ``once``, or ``until`` for as long as the purposes allow
    :ivar shown_digest: SHA-256 of what the page said
    :ivar fresh: the page said that this takes the place of what was agreed to before
    :ivar until: a day that the page named, if it ends sooner than the purposes allow
    """

    asked: Sequence[str]
    claims: Sequence[str]
    duration: str
    offline: bool
    locale: str
    shown_digest: bytes = field(repr=False)
    until: datetime | None = None
    fresh: bool = False


async def current(entry: Entry, subject: str, client_id: str) -> Consent | None:
    """Return the consent in force, without its details: one read by a partial index."""
    rows = await entry.together(
        consent_records.CURRENT, subject=subject, client_id=client_id, at=entry.at
    )
    return consent_records.consent(rows[0]) if rows else None


async def give(
    entry: Entry, *, subject: str, client: Client, citizen: bytes, decision: Decision
) -> Consent:
    """Write down a decision: a first consent, or a change of the one in force.

    Claims that the page did not show stay as they were decided before.

    :param citizen: the sealed reference to the citizen, opaque here
    :raises ClaimsNotAsked: the decision names claims that the page did not show, or
        that the service's registration does not cover
    :raises StateConflict: it was given and withdrawn elsewhere at the same moment
    """
    _judge(client.registration, decision)
    old = await _active(entry, subject, client.client_id)
    if old is not None and decision.fresh:
        await managed.end(entry, old, "superseded")
        old = None
    if old is None:
        if first := await _give_first(entry, subject, client, citizen, decision):
            return first
        old = await _active(entry, subject, client.client_id)
    if old is None:
        raise StateConflict(client.client_id)
    terms = _terms(entry, client, decision, None if old.once else old)
    new = await consent_records.change(entry, old, "widened", citizen=citizen, **terms)
    _record(entry, events.ConsentWidened, new)
    return new


async def narrow(
    entry: Entry, consent_id: UUID, subjects: Collection[str], claims: Collection[str]
) -> Consent:
    """Keep only ``claims``, and what a law demands; nothing can be added this way.

    :raises ConsentUnknown: it is not one of theirs, or not in force
    """
    old = await _theirs(entry, consent_id, subjects)
    if not old.live(entry.at):
        raise ConsentUnknown(str(consent_id))
    kept = [each for each in old.claims if each in claims or old.by_law(each)]
    stopped = [each for each in old.claims if each not in kept]
    if not stopped:
        return old
    new = await consent_records.change(entry, old, "narrowed", claims=kept)
    _record(entry, events.ConsentNarrowed, new, stopped=stopped)
    return new


async def withdraw(entry: Entry, consent_id: UUID, subjects: Collection[str]) -> Consent:
    """Stop sharing: end the consent and everything that was issued under it.

    What a law demands was never the citizen's to give, so it is not theirs to take back:
    those claims stay on record for the next visit, and nothing else does.

    :raises ConsentUnknown: it is not one of theirs, or not in force
    :raises StateConflict: a law demands all of it
    """
    old = await _theirs(entry, consent_id, subjects)
    if not old.live(entry.at):
        raise ConsentUnknown(str(consent_id))
    kept = [each for each in old.claims if old.by_law(each)]
    new = await (_keep_law(entry, old, kept) if kept else _end(entry, old))
    await families.end_for_consent(entry, old.subject, old.id)
    await standing_rules.end_under(entry, old.id)
    return new


async def restore(entry: Entry, consent_id: UUID, subjects: Collection[str]) -> Consent:
    """Undo the last change, if it was a withdrawal or a narrowing of the past 24 hours.

    Codes and tokens stay ended: the service has to ask again, silently this time.

    :raises ConsentUnknown: it is not one of theirs, or there is nothing to undo
    :raises RestoreTooLate: a day has passed, its time is over, or a newer one is in force
    """
    old = await _theirs(entry, consent_id, subjects)
    last = await entry.one(consent_records.LAST_CHANGE, consent_id=consent_id, version=old.version)
    if last is None or last["kind"] not in ("withdrawn", "narrowed"):
        raise ConsentUnknown(str(consent_id))
    before = dict(last["before"])
    before["expires_at"] = datetime.fromisoformat(before["expires_at"])
    late = last["at"] + UNDO <= entry.at or before["expires_at"] <= entry.at
    if late:
        raise RestoreTooLate(str(consent_id))
    try:
        new = await consent_records.change(entry, old, "restored", **before)
    except asyncpg.UniqueViolationError as error:
        raise RestoreTooLate(str(consent_id)) from error
    _record(entry, events.ConsentRestored, new)
    return new


def spans(consent: Consent, registration: Registration) -> list[int]:
    """Return for how many days a citizen may go on: no longer than the purposes allow."""
    most = claims_policy.keep_days(registration, consent.claims)
    return [*(each for each in LONGER if each < most), most]


def longer(consent: Consent, registration: Registration, at: datetime) -> list[int]:
    """Return those of :func:`spans` that lead beyond its end from ``at``."""
    days = spans(consent, registration)
    return [each for each in days if _gains(consent, at + timedelta(days=each))]


async def prolong(
    entry: Entry, consent_id: UUID, subjects: Collection[str], client: Client, *, days: int
) -> Consent:
    """Keep sharing the same, until ``days`` from now: never longer than the purposes allow.

    What the service may read in the citizen's absence it may go on reading. What they agreed
    to in detail has an end of its own, which stays.

    :raises ConsentUnknown: it is not one of theirs, not in force, or was for once
    """
    old = await _theirs(entry, consent_id, subjects)
    if not old.live(entry.at) or old.once:
        raise ConsentUnknown(str(consent_id))
    most = claims_policy.keep_days(client.registration, old.claims)
    until = entry.at + timedelta(days=min(days, most))
    if not _gains(old, until):
        return old
    new = await consent_records.change(entry, old, "prolonged", expires_at=until)
    await families.prolong(entry, old.subject, old.id, until)
    _record(entry, events.ConsentProlonged, new)
    return new


async def of_subjects(entry: Entry, subjects: Collection[str]) -> list[Consent]:
    """Return all consents of a citizen, the latest change first."""
    rows = await entry.all(consent_records.OF_SUBJECTS, subjects=list(subjects))
    return [consent_records.consent(row) for row in rows]


async def of_ids(entry: Entry, ids: Collection[UUID]) -> list[Consent]:
    """Return consents by their ids, in any state."""
    rows = await entry.all(consent_records.OF_IDS, ids=list(ids))
    return [consent_records.consent(row) for row in rows]


async def changes(entry: Entry, subjects: Collection[str]) -> list[Change]:
    """Return every change of a citizen's consents, the latest first."""
    rows = await entry.all(consent_records.CHANGES, subjects=list(subjects))
    return [Change(**row) for row in rows]


async def attach_receipt(entry: Entry, consent_id: UUID, version: int, signed: str) -> bool:
    """Keep the signed receipt of one change; false if it has one."""
    return bool(
        await entry.run(
            consent_records.ATTACH, of_consent=consent_id, of_version=version, signed=signed
        )
    )


async def unsigned(entry: Entry, limit: int = 200) -> list[tuple[Consent, Change]]:
    """Return consents whose latest change has no receipt, and that change; nobody else has them."""
    found = []
    for row in await entry.all(consent_records.UNSIGNED, most=limit):
        values = dict(row)
        kind, at = values.pop("kind"), values.pop("at")
        one = Consent(**values)
        found.append((one, Change(one.id, one.version, kind, one.claims, None, at)))
    return found


async def expire_due(entry: Entry, limit: int = 500) -> int:
    """End up to ``limit`` consents whose time is over; return how many."""
    rows = await entry.all(consent_records.DUE, at=entry.at, most=limit)
    for row in rows:
        await _expire(entry, consent_records.consent(row))
    return len(rows)


def _judge(registration: Registration, decision: Decision) -> None:
    asked = set(decision.asked)
    if set(decision.claims) - asked or asked - registration.asked.keys():
        raise ClaimsNotAsked


def _gains(consent: Consent, until: datetime) -> bool:
    """Whether ``until`` is a day later at least: a form that is sent twice adds nothing."""
    return until >= consent.expires_at + timedelta(days=1)


async def _active(entry: Entry, subject: str, client_id: str) -> Consent | None:
    row = await entry.one(consent_records.LOCK_ACTIVE, subject=subject, client_id=client_id)
    found = consent_records.consent(row) if row else None
    if found is None or found.live(entry.at):
        return found
    await _expire(entry, found)
    return None


async def _give_first(
    entry: Entry, subject: str, client: Client, citizen: bytes, decision: Decision
) -> Consent | None:
    new = Consent(
        id=opaque.new_id(),
        subject=subject,
        client_id=client.client_id,
        citizen=citizen,
        state="active",
        changed_at=entry.at,
        version=1,
        **_terms(entry, client, decision, None),
    )
    if not await consent_records.add(entry, new):
        return None  # another tab was faster; this decision now changes that one
    _record(entry, events.ConsentGiven, new)
    return new


def _terms(entry: Entry, client: Client, decision: Decision, old: Consent | None) -> dict[str, Any]:
    """Work out what is agreed after ``decision``; ``old`` is what it adds to."""
    shown = set(decision.asked)
    kept = [each for each in old.claims if each not in shown] if old else []
    claims = [*kept, *dict.fromkeys(decision.claims)]
    details = {each: old.details[each] for each in kept if each in old.details} if old else {}
    details |= _details(client.registration, decision.claims, entry.at)
    once = decision.duration == "once"
    days = timedelta(days=claims_policy.keep_days(client.registration, claims))
    ends = entry.at + (consent_records.ONCE if once else days)
    return {
        "claims": claims,
        "asked": list(dict.fromkeys((*(old.asked if old else ()), *decision.asked))),
        "details": details,
        "once": once,
        "offline": decision.offline and not once,
        "registration_version": client.version,
        "locale": decision.locale,
        "shown_digest": decision.shown_digest,
        "given_at": entry.at,
        "expires_at": min(ends, decision.until) if decision.until else ends,
    }


def _details(
    registration: Registration, claims: Iterable[str], since: datetime
) -> dict[str, dict[str, str]]:
    purpose_of = {
        row.claim: purpose.id
        for purpose in reversed(registration.purposes)
        for row in purpose.claims
    }
    return {
        claim: {
            "purpose": purpose_of[claim],
            "basis": registration.asked[claim].basis,
            "since": since.isoformat(timespec="seconds"),
        }
        for claim in claims
    }


async def _end(entry: Entry, old: Consent) -> Consent:
    new = await consent_records.change(entry, old, "withdrawn", state="withdrawn")
    _record(entry, events.ConsentWithdrawn, new)
    return new


async def _keep_law(entry: Entry, old: Consent, kept: list[str]) -> Consent:
    stopped = [each for each in old.claims if each not in kept]
    if not stopped:
        raise StateConflict(str(old.id))
    # That they may read in the citizen's absence was the citizen's word.
    new = await consent_records.change(entry, old, "narrowed", claims=kept, offline=False)
    _record(entry, events.ConsentNarrowed, new, stopped=stopped)
    return new


async def _theirs(entry: Entry, consent_id: UUID, subjects: Collection[str]) -> Consent:
    row = await entry.one(consent_records.LOCK, consent_id=consent_id, subjects=list(subjects))
    if row is None:
        raise ConsentUnknown(str(consent_id))
    return consent_records.consent(row)


async def _expire(entry: Entry, old: Consent) -> None:
    new = await consent_records.change(entry, old, "expired", state="expired")
    await families.end_for_consent(entry, old.subject, old.id)
    await standing_rules.end_under(entry, old.id)
    _record(entry, events.ConsentExpired, new)


def _record(entry: Entry, kind: type[events.ConsentEvent], consent: Consent, **more: Any) -> None:
    actor = None if kind is events.ConsentExpired else f"subject:{consent.subject}"
    entry.record(
        kind(
            actor=actor,
            object=f"consent:{consent.id}",
            client_id=consent.client_id,
            claims=list(consent.claims),
            **more,
        )
    )
