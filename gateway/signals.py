"""Signals: what happens to citizens becomes events for the services that may hear of it.

    journal ─follow─▶ REACTIONS: kind ─▶ event ─▶ one for each receiver ─▶ deliveries

The journal tells of accounts and the deliveries of pairwise subjects; only here are both
known, for as long as it takes to derive the one from the other. No value is in either.

Specs: CAEP 1.0 §3, RISC 1.0 §2.
"""

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
from relying_parties import clients, consents
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.delivery import Signal
from relying_parties.streams.subscriptions import Receiver

FOLLOWER = "signals"
MOST = 500  # events of one look
CHANGED = "AttributesChanged"

Payload = dict[str, Any]
Reaction = Callable[[Journalled], "Told"]


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
    async with runtime.entry() as entry:
        kinds = (*REACTIONS, *changed_grants.TOLD, CHANGED)
        happened = await following.follow(entry, FOLLOWER, kinds, MOST)
        if not happened:
            return 0
        hearing = await subscriptions.receivers(entry)
        told = [
            *_signals(runtime, happened, hearing),
            *await changed_grants.signals(entry, runtime.settings.issuer, happened, hearing),
        ]
        return await delivery.queue(entry, told) + await _announce(
            runtime, entry, happened, hearing
        )


async def _announce(
    runtime: Runtime, entry: Entry, happened: Iterable[Journalled], hearing: Sequence[Receiver]
) -> int:
    """Tell of what registers wrote; of what citizens change, their page tells itself."""
    by_register = [one for one in happened if one.kind == CHANGED and one.actor != one.object]
    accounts = dict.fromkeys(account for one in by_register if (account := _account(one)))
    wanted, told = announcing.hearing(hearing), 0
    for account_id, receiver in product(accounts, hearing):
        since = [
            one for one in by_register if _account(one) == account_id and one.at >= receiver.since
        ]
        followers = announcing.followers(name for one in since for name in one.fields["claims"])
        if receiver.client_id not in wanted or not followers:
            continue
        subject = pairwise.subject(runtime.vault.pairwise, receiver.sector, account_id)
        consent = await consents.current(entry, subject, receiver.client_id)
        client = await clients.find(entry, receiver.client_id) if consent else None
        if consent is None or client is None:
            continue
        found = announcing.hearer(client, consent, followers, wanted)
        told += await announcing.announce(entry, runtime.settings.issuer, [found] if found else [])
    return told


def _signals(
    runtime: Runtime, happened: Iterable[Journalled], hearing: Iterable[Receiver]
) -> Iterator[Signal]:
    key, receivers = runtime.vault.pairwise, list(hearing)
    subjects: dict[tuple[str, UUID], str] = {}
    for one in happened:
        if one.kind not in REACTIONS:
            continue
        told, account_id = REACTIONS[one.kind](one), _account(one)
        for receiver in receivers:
            if told.event not in receiver.types or receiver.since > one.at or not account_id:
                continue
            whom = (receiver.sector, account_id)
            if whom not in subjects:
                subjects[whom] = pairwise.subject(key, *whom)
            sid = pairwise.sid(key, receiver.client_id, told.session) if told.session else None
            yield Signal(
                receiver.client_id, subjects[whom], told.event, told.payload, one.at, sid=sid
            )


def _account(one: Journalled) -> UUID | None:
    kind, _, name = (one.object or "").partition(":")
    return UUID(name) if kind == "account" else None
