"""Finishing a proofing: what is written down when a provider has answered.

A person of a register belongs to one account, and an account to one person: the
register's number is kept as a keyed fingerprint, and a second account with the same one
is refused, as is the same account with a second one. What was looked
at is sealed under the citizen's own key, so it is gone with the account.
"""

import dataclasses
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from idp import accounts, attributes, tables
from idp.events import IdentityVerified, ProofingRefused
from idp.proofing import Outcome, evidence
from keys import opaque
from keys.entry import Entry, statement
from keys.vault import Vault

_proofings = tables.proofings.c

ADD = statement(
    sa.insert(tables.proofings).values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        provider=sa.bindparam("provider"),
        outcome=sa.bindparam("outcome"),
        reason=sa.bindparam("reason"),
        ial=sa.bindparam("ial"),
        fingerprint=sa.bindparam("fingerprint"),
        at=sa.bindparam("at"),
    )
)
LOCK = statement(
    sa.select(
        sa.func.pg_advisory_xact_lock(
            sa.func.hashtextextended(sa.bindparam("text", type_=sa.Text), 0)
        )
    )
)
HOLDER = statement(
    sa.select(_proofings.account_id)
    .where(
        _proofings.fingerprint == sa.bindparam("of_fingerprint"),
        _proofings.outcome == "verified",
    )
    .limit(1)
)
OTHER = statement(
    sa.select(_proofings.id)
    .where(
        _proofings.account_id == sa.bindparam("of_account"),
        _proofings.fingerprint != sa.bindparam("of_fingerprint"),
        _proofings.outcome == "verified",
    )
    .limit(1)
)
ADD_EVIDENCE = statement(
    sa.insert(tables.evidence).values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        kind=sa.bindparam("kind"),
        sealed=sa.bindparam("sealed"),
        recorded_at=sa.bindparam("at"),
    )
)


async def complete(entry: Entry, vault: Vault, account_id: UUID, outcome: Outcome) -> Outcome:
    """Write down what a provider found; returns it as it stands after the checks of who it is.

    :raises AccountNotOpen: there is nobody to write about
    """
    fingerprint = _fingerprint(vault, outcome) if outcome.ial else None
    if fingerprint and (reason := await _mismatch(entry, fingerprint, account_id)):
        outcome = dataclasses.replace(outcome, ial=0, attributes={}, reason=reason)
    await entry.run(
        ADD,
        id=opaque.new_id(),
        account_id=account_id,
        provider=outcome.provider.name,
        outcome="verified" if outcome.ial else "refused",
        reason=outcome.reason or None,
        ial=outcome.ial,
        fingerprint=fingerprint if outcome.ial else None,
        at=entry.at,
    )
    whom = f"account:{account_id}"
    if not outcome.ial:
        entry.record(ProofingRefused(whom, whom, outcome.provider.name, outcome.reason))
        return outcome
    await _write(entry, vault, account_id, outcome)
    entry.record(IdentityVerified(whom, whom, outcome.provider.name, outcome.ial))
    return outcome


async def _write(entry: Entry, vault: Vault, account_id: UUID, outcome: Outcome) -> None:
    looked_at = [await _keep(entry, vault, account_id, item) for item in outcome.evidence]
    for claim, value in outcome.attributes.items():
        await attributes.record(
            entry,
            vault,
            account_id,
            claim,
            value,
            source_type="register",
            source=outcome.source,
            verified=True,
            verification=_verification(outcome, looked_at),
            validity=outcome.validity.get(claim, attributes.OPEN),
            by=f"proofing:{outcome.provider.name}",
        )
    await accounts.raise_ial(entry, account_id, outcome.ial)


def _verification(outcome: Outcome, looked_at: Sequence[UUID]) -> dict[str, Any]:
    """Return how what was found was checked; of what was looked at the kinds and no detail."""
    provider = outcome.provider
    return {
        "framework": provider.framework.name,
        "level": provider.framework.levels[outcome.ial],
        "procedure": provider.procedure,
        "organization": outcome.source,
        "ial": outcome.ial,
        "evidence": [str(one) for one in looked_at],
        "looked_at": evidence.kinds(outcome.evidence),
    }


async def _keep(entry: Entry, vault: Vault, account_id: UUID, item: evidence.Item) -> UUID:
    evidence_id = opaque.new_id()
    key = await attributes.data_key(entry, vault, account_id)
    await entry.run(
        ADD_EVIDENCE,
        id=evidence_id,
        account_id=account_id,
        kind=item["type"],
        sealed=key.seal(json.dumps(item).encode(), *evidence.place(account_id, evidence_id)),
        at=entry.at,
    )
    return evidence_id


async def holder(entry: Entry, vault: Vault, outcome: Outcome) -> UUID | None:
    """Return whose account the person of ``outcome`` belongs to, if there is one."""
    row = await entry.one(HOLDER, of_fingerprint=_fingerprint(vault, outcome))
    return UUID(bytes=row["account_id"].bytes) if row else None


async def _mismatch(entry: Entry, fingerprint: bytes, account_id: UUID) -> str:
    # One account at once with two people, or two with one person: the second waits here and
    # then finds the first. Everybody takes the account's lock first, so nobody waits in a ring.
    await entry.one(LOCK, text=f"proofing {account_id}")
    await entry.one(LOCK, text=fingerprint.hex())
    given = {"of_account": account_id, "of_fingerprint": fingerprint}
    if await entry.one(OTHER, **given) is not None:
        return "another_person"
    row = await entry.one(HOLDER, of_fingerprint=fingerprint)
    return "already_used" if row is not None and row["account_id"] != account_id else ""


def _fingerprint(vault: Vault, outcome: Outcome) -> bytes:
    person = f"{outcome.provider.name}\0{outcome.person}".encode()
    return hmac.digest(vault.blind_index, b"person " + person, hashlib.sha256)
