"""Detailed codes and tokens: those that stand for authorization details.

A code gets its details before the browser gets the code; a token stands for those of its
code, or for fewer if its client asked for fewer. Most codes have none, so both are a
statement more and leave the ones that everybody uses as they are.

Specs: RFC 9396 §6 and §7.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.authorization_details import Detail

_codes, _t, _r = tables.codes.c, tables.access_tokens.c, tables.refresh_tokens.c
_DETAILS = sa.bindparam("given", type_=pg.JSONB)

DETAIL = statement(
    sa.update(tables.codes).where(_codes.digest == sa.bindparam("of_code")).values(details=_DETAILS)
)

OF_CODE = statement(
    sa.select(_codes.details).where(
        _codes.digest == sa.bindparam("of_code"),
        _codes.client_id == sa.bindparam("of_client"),
        _codes.used_at.is_(None),
    )
)

OF_REFRESH = statement(
    sa.select(_codes.details)
    .join_from(tables.refresh_tokens, tables.codes, _codes.digest == _r.code)
    .where(_r.digest == sa.bindparam("of_token"), _r.client_id == sa.bindparam("of_client"))
)

# The claims of this row alone: ``select(unnest(column))`` would read those of the whole table.
_claim = sa.func.unnest(_t.claims).column_valued("claim")
_kept = sa.select(_claim).where(
    _claim != sa.func.all(sa.bindparam("without", type_=pg.ARRAY(sa.Text)))
)
NARROW = statement(
    sa.update(tables.access_tokens)
    .where(_t.digest == sa.bindparam("of_token"))
    .values(details=_DETAILS, claims=sa.func.array(_kept.scalar_subquery()))
)


async def detail(entry: Entry, code: str, details: Sequence[Detail]) -> None:
    """Let ``code`` stand for ``details``; nobody has it yet."""
    await entry.run(DETAIL, of_code=opaque.digest(code), given=list(details))


async def of_code(entry: Entry, code: str, *, client_id: str) -> list[Detail] | None:
    """Return what a code that was not used yet stands for; ``None`` for no such code."""
    row = await entry.one(OF_CODE, of_code=opaque.digest(code), of_client=client_id)
    return (row["details"] or []) if row else None


async def of_refresh(entry: Entry, token: str, *, client_id: str) -> list[Detail] | None:
    """Return what a refresh token stands for, dead or alive; ``None`` for no such token."""
    row = await entry.one(OF_REFRESH, of_token=opaque.digest(token), of_client=client_id)
    return (row["details"] or []) if row else None


async def narrow(
    entry: Entry, token: str, details: Sequence[Detail], *, without: Collection[str]
) -> None:
    """Let an access token that nobody has yet stand for ``details`` alone.

    :param without: claims that it does not read then
    """
    await entry.run(
        NARROW, of_token=opaque.digest(token), given=list(details), without=list(without)
    )
