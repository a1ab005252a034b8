"""Signals: what happens to citizens becomes events for the services that may hear of it.

    journal ─follow─▶ REACTIONS: kind ─▶ event ─▶ one for each receiver ─▶ deliveries

The journal tells of accounts and the deliveries of pairwise subjects; only here are both
known, for as long as it takes to derive the one from the other. No value is in either.

Specs: CAEP 1.0 §3, RISC 1.0 §2.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

from gateway import announcing, changed_grants
from gateway.runtime import Runtime
from keys import following, pairwise
from keys.entry import Entry
from keys.journal import Journalled
from keys.pairwise import Subject
from relying_parties import clients, consents
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.delivery import Signal
from relying_parties.streams.subscriptions import Receiver

FOLLOWER = "signals"
MOST = 500  # events of one look
CHANGED = "AttributesChanged"

Payload = dict[str, Any]
Reaction = Callable[[Journalled], "Told"]
Known = Mapping[UUID | None, Sequence[tuple[Receiver, Subject]]]


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of an event: its short name, its members, and the session that it is about."""

    event: str
    payload: Payload
    session: UUID | None = None


def _session_revoked(one: Journalled) -> Told:
    by = "user" if one.actor == one.object else "system"
    return Told("session-revoked", {"initiating_entity": by}, UUID(one.fields["session"]))


def _credential(kind: str, change: str) -> Reaction:
    def react(one: Journalled) -> Told:
        by = "user" if one.actor == one.object else "system"
        told = {"credential_type": kind, "change_type": change, "initiating_entity": by}
        return Told("credential-change", told)

    return react


def _proved(one: Journalled) -> Told:
    level = f"nist-ial{one.fields['ial']}"
    return Told("assurance-level-change", {"namespace": "NIST-IAL", "current_level": level})


def _plain(event: str) -> Reaction:
    return lambda _one: Told(event, {})


# CAEP knows no passkeys: a device may keep one or share it, so none of its FIDO words is
# always right. The broader one is told.
_PASSKEY = "fido2-roaming"

REACTIONS: Mapping[str, Reaction] = {
    "SignedOut": _session_revoked,
    "PasswordSet": _credential("password", "update"),
    "PasskeyAdded": _credential(_PASSKEY, "create"),
    "PasskeyRemoved": _credential(_PASSKEY, "delete"),
    "IdentityVerified": _proved,
    "AccountLocked": _plain("account-disabled"),
    "AccountUnlocked": _plain("account-enabled"),
    "AccountClosed": _plain("account-purged"),
    "RecoveryStarted": _plain("recovery-activated"),
    "PasswordDisabled": _plain("account-credential-change-required"),
}


async def gather(runtime: Runtime) -> int:
    """Take what happened since the last look; return how many events are to be told."""
    told, kinds = 0, (*REACTIONS, *changed_grants.TOLD, CHANGED)
    while True:
        async with runtime.entry() as entry:
            happened = await following.follow(entry, FOLLOWER, kinds, MOST)
            if happened:
                told += await _tell(runtime, entry, happened)
        if len(happened) < MOST:
            return told


async def _tell(runtime: Runtime, entry: Entry, happened: Sequence[Journalled]) -> int:
    hearing = await subscriptions.receivers(entry)
    known = await _known(runtime, entry, happened, hearing)
    signals = [
        *_signals(runtime, happened, known),
        *await changed_grants.signals(entry, runtime.settings.issuer, happened, hearing),
    ]
    return await delivery.queue(entry, signals) + await _announce(runtime, entry, happened, known)


async def _known(
    runtime: Runtime, entry: Entry, happened: Iterable[Journalled], hearing: Sequence[Receiver]
) -> Known:
    """Return for each account the receivers that know it, and by what name."""
    key, sectors = runtime.vault.pairwise, {one.sector for one in hearing}
    accounts = {account for one in happened if (account := _account(one))}
    named = {
        pairwise.subject(key, sector, account): account
        for sector, account in product(sectors, accounts)
    }
    receivers = {one.client_id: one for one in hearing}
    known: dict[UUID | None, list[tuple[Receiver, Subject]]] = defaultdict(list)
    for client_id, subject in sorted(await subscriptions.concerned(entry, named)):
        if client_id in receivers:
            known[named[subject]].append((receivers[client_id], subject))
    return known


def _signals(runtime: Runtime, happened: Iterable[Journalled], known: Known) -> Iterator[Signal]:
    key = runtime.vault.pairwise
    for one in happened:
        if one.kind not in REACTIONS:
            continue
        told = REACTIONS[one.kind](one)
        for receiver, subject in known.get(_account(one), ()):
            if told.event not in receiver.types or receiver.since > one.at:
                continue
            sid = pairwise.sid(key, receiver.client_id, told.session) if told.session else None
            yield Signal(receiver.client_id, subject, told.event, told.payload, one.at, sid=sid)


async def _announce(
    runtime: Runtime, entry: Entry, happened: Iterable[Journalled], known: Known
) -> int:
    """Tell of what registers wrote; of what citizens change, their page tells itself."""
    by_register = [one for one in happened if one.kind == CHANGED and one.actor != one.object]
    told = 0
    for account_id in dict.fromkeys(map(_account, by_register)):
        for receiver, subject in known.get(account_id, ()):
            since = [
                one
                for one in by_register
                if _account(one) == account_id and one.at >= receiver.since
            ]
            followers = announcing.followers(name for one in since for name in one.fields["claims"])
            wanted = announcing.hearing([receiver])
            consent = await consents.current(entry, subject, receiver.client_id)
            client = await clients.find(entry, receiver.client_id) if consent else None
            if consent is None or client is None or not wanted:
                continue
            found = announcing.hearer(client, consent, followers, wanted)
            if found is not None:
                told += await announcing.announce(entry, runtime.settings.issuer, [found])
    return told


def _account(one: Journalled) -> UUID | None:
    kind, _, name = (one.object or "").partition(":")
    return UUID(name) if kind == "account" else None
