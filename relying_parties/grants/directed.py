"""Directed codes and tokens: of a citizen's authorization, for a resource beside userinfo.

A code is directed before the browser gets it, and says for which resources it stands; an
access token is directed before the client gets it, to one of them. Most are not, so
both are a statement more and leave the ones that everybody uses as they are.

    code ──direct──▶ resources of the code ──turn──▶ one of them, no claims, its scopes

Specs: RFC 8707 §2.1 and §2.2.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables

_codes, _t, _r = tables.codes.c, tables.access_tokens.c, tables.refresh_tokens.c
_NONE: sa.ColumnElement[list[str]] = sa.literal_column("ARRAY[]::text[]")
_RESOURCES = sa.func.coalesce(_codes.resources, _NONE).label("resources")

DIRECT = statement(
    sa.update(tables.codes)
    .where(_codes.digest == sa.bindparam("of_code"))
    .values(resources=sa.bindparam("named", type_=pg.ARRAY(sa.Text)))
)

OF_CODE = statement(
    sa.select(_RESOURCES, _codes.scope).where(
        _codes.digest == sa.bindparam("of_code"),
        _codes.client_id == sa.bindparam("of_client"),
        _codes.used_at.is_(None),
    )
)

OF_REFRESH = statement(
    sa.select(_RESOURCES, _r.scope)
    .join_from(tables.refresh_tokens, tables.codes, _codes.digest == _r.code)
    .where(_r.digest == sa.bindparam("of_token"), _r.client_id == sa.bindparam("of_client"))
)

TURN = statement(
    sa.update(tables.access_tokens)
    .where(_t.digest == sa.bindparam("of_token"), _t.resource.is_(None))
    .values(
        digest=sa.bindparam("new_digest", type_=sa.LargeBinary),
        resource=sa.bindparam("new_resource", type_=sa.Text),
        scope=sa.bindparam("new_scope", type_=sa.Text),
        # Whatever is read about citizens is read at userinfo, and not with this token.
        claims=_NONE,
    )
)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code or a refresh token of a client stands for."""

    resources: Sequence[str]
    scope: str


async def direct(entry: Entry, code: str, resources: Collection[str]) -> None:
    """Let ``code`` stand for ``resources`` too; nobody has it yet."""
    await entry.run(DIRECT, of_code=opaque.digest(code), named=list(resources))


async def of_code(entry: Entry, code: str, *, client_id: str) -> Granted | None:
    """Return what a code that was not used yet stands for."""
    row = await entry.one(OF_CODE, of_code=opaque.digest(code), of_client=client_id)
    return Granted(**row) if row else None


async def of_refresh(entry: Entry, token: str, *, client_id: str) -> Granted | None:
    """Return what a refresh token stands for, dead or alive."""
    row = await entry.one(OF_REFRESH, of_token=opaque.digest(token), of_client=client_id)
    return Granted(**row) if row else None


async def turn(entry: Entry, token: str, *, into: str, resource: str, scope: str) -> None:
    """Direct an access token that nobody has yet to ``resource``.

    :param into: what the client gets instead; ``token`` itself if it stays opaque
    """
    await entry.run(
        TURN,
        of_token=opaque.digest(token),
        new_digest=opaque.digest(into),
        new_resource=resource,
        new_scope=scope,
    )
