"""Registration access tokens: with one, a service that registered itself manages that alone.

A service has one, for as long as it is registered. The table holds its SHA-256 only.

Specs: RFC 7592 §3; security: AD-08.
"""

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables

_tokens, _clients = tables.registration_access_tokens, tables.clients

ADD = statement(
    sa.insert(_tokens).values(
        {name: sa.bindparam(name) for name in ("client_id", "digest", "issued_at")}
    )
)
HOLDS = statement(
    sa.select(_clients.c.agency_id)
    .select_from(_tokens.join(_clients))
    .where(
        _tokens.c.client_id == sa.bindparam("of_client"),
        _tokens.c.digest == sa.bindparam("of_digest"),
        _clients.c.status != "retired",
    )
)
END = statement(sa.delete(_tokens).where(_tokens.c.client_id == sa.bindparam("of_client")))


async def issue(entry: Entry, client_id: str) -> str:
    """Let a service that was registered just now manage its registration."""
    token = opaque.handle()
    digest = opaque.digest(token)
    await entry.run(ADD, client_id=client_id, digest=digest, issued_at=entry.at)
    return token


async def find(entry: Entry, client_id: str, token: str) -> str | None:
    """Return the agency of the service that ``token`` manages, if that is ``client_id``."""
    row = await entry.one(HOLDS, of_client=client_id, of_digest=opaque.digest(token))
    return row["agency_id"] if row else None


async def end(entry: Entry, client_id: str) -> None:
    """Let nobody manage the registration any more."""
    await entry.run(END, of_client=client_id)
