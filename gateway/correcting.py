"""Correcting: what is in a proposal, and what becomes of a detail when the citizen agrees.

    agreed ─┬─ a register says otherwise ────▶ contested: nobody gets it until that is settled
            ├─ citizens may tell this detail ─▶ it is what they say from now on
            └─ else ──────────────────────────▶ nothing here: only a register writes it

An office's word never takes the place of what a register says, and what the citizen agrees to
is the citizen's own word: whose idea it was stays with the proposal, or a row about the citizen
would name a service (ADR 13).
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from idp import attributes, catalog, disputes
from idp.attributes import Attribute
from idp.errors import NothingToDispute, StaleVersion
from keys.entry import Entry
from keys.errors import NotSealedHere
from keys.sealing import DataKey
from keys.vault import Vault
from relying_parties import corrections
from relying_parties.corrections import Correction
from relying_parties.purposes import Words

# What anybody can be wrong about: what is made of these follows them.
CORRIGIBLE = catalog.TOLD | catalog.REGISTERED


class Effect(Enum):
    """What a yes does here."""

    WRITE = "write"
    CONTEST = "contest"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Said:
    """What a service says: another value, why, and what it has seen that shows it."""

    value: Any = field(repr=False)
    reason: Words
    evidence: Words


@dataclass(frozen=True, slots=True)
class Yes:
    """What a citizen agrees to.

    :ivar seen: the version that they saw of what it changes: of their own word, or of the
        register's; 0 if there was none
    """

    claim: str
    value: Any = field(repr=False)
    effect: Effect
    seen: int


def sealed(key: DataKey, correction_id: UUID, subject: str, said: Said) -> bytes:
    """Seal what is proposed for the citizen."""
    told = {"value": said.value, "reason": dict(said.reason), "evidence": dict(said.evidence)}
    spelt = json.dumps(told).encode()
    return key.seal(spelt, *corrections.place(correction_id, subject, "proposal"))


def opened(key: DataKey, one: Correction) -> Said | None:
    """Return what is proposed; ``None`` if somebody altered it."""
    try:
        plain = key.open(one.sealed, *corrections.place(one.id, one.subject, "proposal"))
    except NotSealedHere:
        return None
    return Said(**json.loads(plain))


def sealed_answer(key: DataKey, one: Correction, words: str) -> bytes | None:
    """Seal what the citizen says beside the answer."""
    if not words:
        return None
    return key.seal(words.encode(), *corrections.place(one.id, one.subject, "answer"))


def answered(key: DataKey, one: Correction) -> str:
    """Return what the citizen said beside the answer."""
    if one.answer is None:
        return ""
    with suppress(NotSealedHere):
        place = corrections.place(one.id, one.subject, "answer")
        return key.open(one.answer, *place).decode()
    return ""


def effect(claim: str, held: Attribute | None) -> Effect:
    """Say what a yes to another value of ``claim`` does.

    :param held: what services read of it now
    """
    if held is not None and held.verified:
        return Effect.NOTHING if held.source_type == "self" else Effect.CONTEST
    return Effect.WRITE if claim in catalog.TOLD else Effect.NOTHING


async def agree(entry: Entry, vault: Vault, account_id: UUID, yes: Yes) -> None:
    """Let the yes have its effect.

    :raises ValueRefused: the value is none of this detail any more
    :raises StaleVersion: what it changes was changed since they saw it
    """
    if yes.effect is Effect.WRITE:
        await attributes.record(
            entry,
            vault,
            account_id,
            yes.claim,
            yes.value,
            source_type="self",
            by=f"account:{account_id}",
            expected=yes.seen,
        )
    elif yes.effect is Effect.CONTEST:
        await contest(entry, account_id, yes.claim, yes.seen)


async def contest(entry: Entry, account_id: UUID, claim: str, seen: int) -> None:
    """Let nobody have the detail until it is settled; that may be so already.

    :raises StaleVersion: it is another one than they saw
    """
    try:
        await disputes.begin(entry, account_id, claim, expected=seen)
    except NothingToDispute as error:
        if not await disputes.stands(entry, account_id, claim, seen):
            raise StaleVersion(claim) from error
