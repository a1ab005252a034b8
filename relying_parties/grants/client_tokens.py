"""Tokens of a service's own: for one resource, about no citizen, of no family.

They stand beside the citizens' access tokens and are found by a statement of their own,
so that nothing which reads about citizens can ever be opened with one.

Specs: RFC 6749 §4.4, RFC 7662, RFC 8707 §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from keys import journal, opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.grants.living import LIVE, service_lives
from relying_parties.journalling import constant, fields, named

_tokens = tables.access_tokens
_t, _clients = _tokens.c, tables.clients.c

_ISSUED = ("digest", "client_id", "resource", "scope", "issued_at", "expires_at", "cnf")
_NOTHING: sa.ColumnElement[list[str]] = sa.literal_column("ARRAY[]::text[]")


def _issue() -> sa.Executable:
    given = {name: sa.bindparam(name, type_=_t[name].type) for name in _ISSUED}
    server = sa.bindparam("server", type_=sa.Text())
    living = sa.select(*given.values(), _NOTHING).where(
        service_lives(given["client_id"]), service_lives(server)
    )
    issued = (
        sa.insert(_tokens)
        .from_select([*_ISSUED, "claims"], living)
        .returning(_t.client_id, _t.resource, _t.issued_at)
        .cte("issued")
    )
    written = journal.cte(
        "TokensIssued",
        actor=named("client", issued.c.client_id),
        object=named("client", server),
        fields=fields(grant=constant("client_credentials"), resource=issued.c.resource),
        source=issued,
        at=issued.c.issued_at,
    )
    return sa.select(issued).add_cte(written)


ISSUE = statement(_issue())

FIND = statement(
    sa.select(_t.client_id, _t.resource, _t.scope, _t.issued_at, _t.expires_at, _t.cnf)
    .join(tables.clients, _clients.client_id == _t.client_id)
    .where(
        _t.digest == sa.bindparam("of_token"),
        _t.code.is_(None),
        _t.expires_at > sa.bindparam("at"),
        _t.revoked_at.is_(None),
        _clients.status == LIVE,
    )
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a token will be worth.

    :ivar server: the service that offers ``resource``
    :ivar lives: how long, as the client's profile says
    :ivar cnf: the key that the token is for (RFC 7800 §3.1); ``None`` for a bearer
    """

    client_id: str
    server: str
    resource: str
    scope: str
    lives: timedelta
    cnf: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A token that works at this moment: whose, and for what."""

    client_id: str
    resource: str
    scope: str
    issued_at: datetime
    expires_at: datetime
    cnf: Mapping[str, str] | None


async def issue(entry: Entry, token: str, order: Order) -> bool:
    """Let ``token`` work from now on; false if one of the two services is not live."""
    issued = await entry.one(
        ISSUE,
        digest=opaque.digest(token),
        client_id=order.client_id,
        server=order.server,
        resource=order.resource,
        scope=order.scope,
        issued_at=entry.at,
        expires_at=entry.at + order.lives,
        cnf=order.cnf,
    )
    return issued is not None


async def find(entry: Entry, token: str) -> Own | None:
    """Return what ``token`` is worth now; a citizen's token is none of these."""
    row = await entry.one(FIND, of_token=opaque.digest(token), at=entry.at)
    return Own(**row) if row else None
