"""Access tokens: opaque, five minutes, worth what the consent is worth when they are used.

Finding one asks everything that could have ended it in the same read: the token, its
family, the consent and the service. So a withdrawal or a suspension needs to touch no
token, and no cache delays it.

Specs: RFC 6749 §1.4, RFC 7009, RFC 7662, FAPI 2.0 §5.3.2.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from keys.gathering import asked
from relying_parties import tables
from relying_parties.consent_records import ACTIVE
from relying_parties.events import TokenRevoked
from relying_parties.grants.living import LIVE

_t, _codes = tables.access_tokens.c, tables.codes.c
_consents, _clients = tables.consents.c, tables.clients.c

_asked = asked(digest=sa.LargeBinary(), at=tables.NOW)

FIND = statement(
    sa.select(
        _asked.c.n,
        *(_t.client_id, _t.scope, _t.claims, _t.issued_at, _t.expires_at, _t.code, _t.cnf),
        *(_t.resource, _t.act, _codes.client_id.label("granted_to")),
        *(_codes.subject, _codes.citizen, _codes.consent_id, _codes.sid),
        *(_codes.acr, _codes.auth_time, _consents.claims.label("agreed")),
        sa.func.coalesce(_t.details, _codes.details).label("details"),
    )
    .select_from(
        _asked.join(tables.access_tokens, _t.digest == _asked.c.digest)
        .join(tables.codes, _codes.digest == _t.code)
        .join(tables.clients, _clients.client_id == _t.client_id)
        .outerjoin(tables.consents, _consents.id == _codes.consent_id)
    )
    .where(
        _t.expires_at > _asked.c.at,
        _t.revoked_at.is_(None),
        _codes.ended_at.is_(None),
        _clients.status == LIVE,
        sa.or_(
            _codes.consent_id.is_(None),
            sa.and_(
                _consents.state == ACTIVE,
                _consents.expires_at > _asked.c.at,
            ),
        ),
    )
)

REVOKE = statement(
    sa.update(tables.access_tokens)
    .where(
        _t.digest == sa.bindparam("of_token"),
        _t.client_id == sa.bindparam("of_client"),
        _t.revoked_at.is_(None),
    )
    .values(revoked_at=sa.bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Found:
    """A token that works at this moment, and whom it is about.

    :ivar claims: asked for with the code and still agreed to
    :ivar citizen: the sealed reference, for the gateway to open
    :ivar code: digest, the name of the family
    :ivar resource: the audience; ``None`` for userinfo
    :ivar act: who acts, and who acted before (RFC 8693 §4.1); ``None`` is the client alone
    :ivar granted_to: the client that the citizen authorized, to whom ``citizen`` is sealed
    :ivar details: authorization details that it stands for; ``None`` if none were asked
    :ivar cnf: the key that its bearer must hold (RFC 7800 §3.1); ``None`` for anybody
    """

    client_id: str
    scope: str
    claims: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    code: bytes = field(repr=False)
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID | None
    sid: str
    acr: str | None
    auth_time: datetime
    cnf: Mapping[str, str] | None
    resource: str | None
    act: Mapping[str, Any] | None
    granted_to: str
    details: Sequence[Mapping[str, Any]] | None = None


async def find(entry: Entry, token: str) -> Found | None:
    """Return what ``token`` lets its bearer read now: one read by primary keys."""
    rows = await entry.together(FIND, digest=opaque.digest(token), at=entry.at)
    if not rows:
        return None
    row = rows[0]
    agreed = frozenset(row["agreed"] or ())
    return Found(
        client_id=row["client_id"],
        scope=row["scope"],
        claims=tuple(name for name in row["claims"] if name in agreed),
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        code=row["code"],
        subject=row["subject"],
        citizen=row["citizen"],
        consent_id=row["consent_id"],
        sid=row["sid"],
        acr=row["acr"],
        auth_time=row["auth_time"],
        cnf=row["cnf"],
        resource=row["resource"],
        act=row["act"],
        granted_to=row["granted_to"],
        details=row["details"],
    )


async def introspect(
    entry: Entry, token: str, *, client_id: str, resource: str | None = None
) -> Found | None:
    """Return what a service may know of a token: its own, or one for it (RFC 7662 §4).

    :param resource: that the service offers
    """
    found = await find(entry, token)
    if found is None or found.client_id == client_id:
        return found
    return found if found.resource is not None and found.resource == resource else None


async def revoke(entry: Entry, token: str, *, client_id: str) -> bool:
    """Take back one token of this client; another's, or none, changes nothing (RFC 7009 §2.1)."""
    gone = await entry.run(REVOKE, of_token=opaque.digest(token), of_client=client_id, at=entry.at)
    if gone:
        entry.record(TokenRevoked(actor=f"client:{client_id}", object=None, what="access_token"))
    return bool(gone)
