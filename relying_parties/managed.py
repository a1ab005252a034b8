"""Grants that their services manage: what one may know of its own, give up, and end.

A grant is a consent, and its id is the name on the wire. Nothing can be added this way, and
a service reaches its own grants alone. What it did stands in the grant's history as its own
doing, not as the citizen's.

    active ──merge──▶ active, tokens ended
       ├──replace──▶ active, no more than was asked this time, tokens ended
       ├──revoke───▶ withdrawn, tokens ended
       └──create───▶ withdrawn, another one in its place (:func:`relying_parties.consents.give`)

Specs: Grant Management for OAuth 2.0 (draft 03) §5 and §6.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import (
    approvals,
    authorization_details,
    consent_records,
    events,
    standing_rules,
    tables,
)
from relying_parties.approvals import Approval
from relying_parties.authorization_details import Detail
from relying_parties.consent_records import ACTIVE, Consent
from relying_parties.errors import ConsentMissing
from relying_parties.grants import families

# What of a grant's history came of the service's own requests.
BY_CLIENT = frozenset({"given", "widened", "replaced"})

_c, _changes, _codes = tables.consents.c, tables.consent_changes.c, tables.codes.c

_OWN = (
    _c.id == sa.bindparam("of_grant"),
    _c.client_id == sa.bindparam("of_client"),
    _c.state == ACTIVE,
    _c.expires_at > sa.bindparam("at"),
)
LIVES = statement(sa.select(_c.id).where(*_OWN))
LOCK = statement(sa.select(*consent_records.WIDE).where(*_OWN).with_for_update())
SEEN = statement(
    sa.select(*consent_records.WIDE, sa.func.min(_changes.at).label("created_at"))
    .join_from(tables.consents, tables.consent_changes, _changes.consent_id == _c.id)
    .where(*_OWN)
    .group_by(_c.id)
)
LAST = statement(
    sa.select(_changes.kind).where(
        _changes.consent_id == sa.bindparam("of_grant"),
        _changes.version == sa.bindparam("of_version"),
    )
)
DIRECTED = statement(
    sa.select(_codes.scope, _codes.resources).where(
        _codes.subject == sa.bindparam("of_subject"),  # for its index
        _codes.consent_id == sa.bindparam("of_grant"),
        _codes.resources.is_not(None),
        _codes.used_at.is_not(None),
        _codes.ended_at.is_(None),
        _codes.kept_until > sa.bindparam("at"),
    )
)
MARK = statement(
    sa.update(tables.codes)
    .where(_codes.digest == sa.bindparam("of_code"))
    .values(managed=sa.true())
)
GIVE_UP = statement(
    sa.update(tables.approvals)
    .where(
        tables.approvals.c.consent_id == sa.bindparam("of_grant"),
        tables.approvals.c.ended_at.is_(None),
        sa.not_(
            tables.approvals.c.digest
            == sa.any_(sa.bindparam("kept", type_=pg.ARRAY(sa.LargeBinary)))
        ),
    )
    .values(ended_at=sa.bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may know of one of its grants.

    :ivar directed: scopes and resources of codes whose tokens live
    :ivar by_client: the last change came of a request of the service's
    """

    consent: Consent
    created_at: datetime
    by_client: bool
    approvals: Sequence[Approval]
    directed: Sequence[tuple[str, Sequence[str]]]


async def lives(entry: Entry, grant_id: UUID, client_id: str) -> bool:
    """Whether this is a grant of the service's in force."""
    found = await entry.one(LIVES, of_grant=grant_id, of_client=client_id, at=entry.at)
    return found is not None


async def find(entry: Entry, grant_id: UUID, client_id: str) -> Grant | None:
    """Return a grant of the service's in force; another's is as unknown as none."""
    row = await entry.one(SEEN, of_grant=grant_id, of_client=client_id, at=entry.at)
    if row is None:
        return None
    values = dict(row)
    created = values.pop("created_at")
    consent = Consent(**values)
    last = await entry.one(LAST, of_grant=grant_id, of_version=consent.version)
    rows = await entry.all(DIRECTED, of_subject=consent.subject, of_grant=grant_id, at=entry.at)
    return Grant(
        consent,
        created,
        last is not None and last["kind"] in BY_CLIENT,
        await approvals.all_of(entry, grant_id),
        [(one["scope"], one["resources"]) for one in rows],
    )


async def mark(entry: Entry, code: bytes) -> None:
    """Let the tokens of the code with this digest come with the id of their grant."""
    await entry.run(MARK, of_code=code)


async def merge(entry: Entry, consent: Consent) -> None:
    """Begin anew with what was agreed to before and now: older tokens end."""
    await families.end_for_consent(entry, consent.subject, consent.id)


async def replace(
    entry: Entry,
    consent: Consent,
    *,
    claims: Collection[str],
    details: Collection[Detail],
    offline: bool,
) -> Consent:
    """Keep of a grant no more than was asked this time; older tokens end.

    :param offline: it was asked to be used in the citizen's absence, too
    :raises ConsentMissing: it ended a moment ago
    """
    row = await entry.one(LOCK, of_grant=consent.id, of_client=consent.client_id, at=entry.at)
    if row is None:
        raise ConsentMissing
    old = consent_records.consent(row)
    kept = [name for name in old.claims if name in claims]
    digests = [authorization_details.digest(one) for one in details]
    await entry.run(GIVE_UP, of_grant=old.id, kept=digests, at=entry.at)
    await families.end_for_consent(entry, old.subject, old.id)
    stays = old.offline and offline
    if kept == list(old.claims) and stays == old.offline:
        return old
    new = await consent_records.change(entry, old, "replaced", claims=kept, offline=stays)
    stopped = [name for name in old.claims if name not in kept]
    entry.record(events.ConsentNarrowed(**_by_client(new), stopped=stopped))
    return new


async def revoke(entry: Entry, grant_id: UUID, client_id: str) -> bool:
    """End a grant of the service's, and everything that was issued under it.

    False if it has none of this id in force; of fifty that try, one ends it.
    """
    row = await entry.one(LOCK, of_grant=grant_id, of_client=client_id, at=entry.at)
    if row is None:
        return False
    await end(entry, consent_records.consent(row), "revoked")
    return True


async def end(entry: Entry, old: Consent, kind: str) -> None:
    """Withdraw ``old``, which is locked, for its service."""
    new = await consent_records.change(entry, old, kind, state="withdrawn")
    await families.end_for_consent(entry, old.subject, old.id)
    await standing_rules.end_under(entry, old.id)
    entry.record(events.ConsentWithdrawn(**_by_client(new)))


def _by_client(consent: Consent) -> dict[str, Any]:
    return {
        "actor": f"client:{consent.client_id}",
        "object": f"consent:{consent.id}",
        "client_id": consent.client_id,
        "claims": list(consent.claims),
    }
