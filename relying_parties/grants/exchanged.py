"""Exchanged tokens: a resource that was called for a citizen calls another one for them.

What comes of it stays in the family of the citizen's authorization, so it ends with it and
with the consent, and it never outlives the token that it came of. Who acted is kept.

    token for a resource ──issue──▶ token for another one, act: the resource, act: its caller

Specs: RFC 8693 §2 and §4.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from keys import journal, opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.grants.living import consent_lives, service_lives
from relying_parties.journalling import constant, fields, named

_tokens, _codes = tables.access_tokens, tables.codes.c
_t = _tokens.c

_GIVEN = ("digest", "client_id", "resource", "scope", "issued_at", "expires_at", "cnf", "act")
# What the citizen agreed to in detail was for whom they were told, and goes no further.
_NO_DETAILS: sa.ColumnElement[Any] = sa.literal_column("'[]'::jsonb")
_NOTHING: sa.ColumnElement[list[str]] = sa.literal_column("ARRAY[]::text[]")


def _issue() -> sa.Executable:
    given = {name: sa.bindparam(name, type_=_t[name].type) for name in _GIVEN}
    living = sa.select(*given.values(), _codes.digest, _NOTHING, _NO_DETAILS).where(
        _codes.digest == sa.bindparam("of_code"),
        _codes.ended_at.is_(None),
        service_lives(given["client_id"]),
        service_lives(sa.bindparam("server", type_=sa.Text())),
        service_lives(_codes.client_id),  # the one that the citizen let in
        # The claims of the code are none of this token's, so the consent itself is enough.
        consent_lives(_codes.consent_id, at=given["issued_at"]),
    )
    issued = (
        sa.insert(_tokens)
        .from_select([*_GIVEN, "code", "claims", "details"], living)
        .returning(_t.client_id, _t.code, _t.resource, _t.issued_at)
        .cte("issued")
    )
    whom = issued.join(tables.codes, _codes.digest == issued.c.code)
    written = journal.cte(
        "TokensIssued",
        actor=named("client", issued.c.client_id),
        object=named("subject", _codes.subject),
        fields=fields(
            consent=_codes.consent_id,
            grant=constant("token_exchange"),
            resource=issued.c.resource,
        ),
        source=whom,
        at=issued.c.issued_at,
    )
    return sa.select(issued).add_cte(written)


ISSUE = statement(_issue())


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a token will be worth.

    :ivar code: digest, the name of the family that it joins
    :ivar server: the service that offers ``resource``
    :ivar act: who acts, and who acted before (RFC 8693 §4.1)
    :ivar cnf: the key that the token is for (RFC 7800 §3.1); ``None`` for a bearer
    """

    client_id: str
    code: bytes = field(repr=False)
    server: str
    resource: str
    scope: str
    expires_at: datetime
    act: Mapping[str, Any]
    cnf: Mapping[str, str] | None = None


async def issue(entry: Entry, token: str, exchange: Exchange) -> bool:
    """Let ``token`` work from now on; false if the family, the consent or a service is over."""
    issued = await entry.one(
        ISSUE,
        digest=opaque.digest(token),
        client_id=exchange.client_id,
        of_code=exchange.code,
        server=exchange.server,
        resource=exchange.resource,
        scope=exchange.scope,
        issued_at=entry.at,
        expires_at=exchange.expires_at,
        cnf=exchange.cnf,
        act=dict(exchange.act),
    )
    return issued is not None
