"""Initial access tokens: an agency's leave to let its services register themselves.

    issued ──use──▶ fewer uses ──use──▶ … ──▶ none left
       └──expires──▶ nothing

One is for one agency, for a while and for so many services; the table holds its SHA-256
only. It opens nothing but the registration endpoint.

Specs: RFC 7591 §1.2 and §3; security: AD-07.
"""

from datetime import timedelta

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import agencies, events, tables
from relying_parties.errors import AgencyUnknown

_tokens = tables.initial_access_tokens
_GOOD = (
    _tokens.c.digest == sa.bindparam("of_digest"),
    _tokens.c.uses_left > 0,
    _tokens.c.expires_at > sa.bindparam("at", type_=tables.NOW),
)

ADD = statement(
    sa.insert(_tokens).values(
        {
            name: sa.bindparam(name)
            for name in ("digest", "agency_id", "uses_left", "created_at", "expires_at")
        }
    )
)
FIND = statement(sa.select(_tokens.c.agency_id).where(*_GOOD))
# One conditional UPDATE: of two registrations at once, one gets the last use.
USE = statement(
    sa.update(_tokens)
    .where(*_GOOD)
    .values(uses_left=_tokens.c.uses_left - 1)
    .returning(_tokens.c.agency_id)
)
PURGE = statement(sa.delete(_tokens).where(_tokens.c.expires_at <= sa.bindparam("at")))


async def issue(entry: Entry, agency_id: str, *, lives: timedelta, uses: int, by: str) -> str:
    """Let up to ``uses`` services of an agency register themselves; those that ran out go.

    :raises AgencyUnknown: no agency has this id
    """
    if await agencies.find(entry, agency_id) is None:
        raise AgencyUnknown(agency_id)
    token, expires_at = opaque.handle(), entry.at + lives
    await entry.run(PURGE, at=entry.at)
    await entry.run(
        ADD,
        digest=opaque.digest(token),
        agency_id=agency_id,
        uses_left=uses,
        created_at=entry.at,
        expires_at=expires_at,
    )
    entry.record(
        events.RegistrationInvited(
            actor=by,
            object=f"agency:{agency_id}",
            uses=uses,
            until=expires_at.isoformat(timespec="seconds"),
        )
    )
    return token


async def find(entry: Entry, token: str) -> str | None:
    """Return the agency whose service may register with ``token`` now."""
    row = await entry.one(FIND, of_digest=opaque.digest(token), at=entry.at)
    return row["agency_id"] if row else None


async def use(entry: Entry, token: str) -> str | None:
    """Use ``token`` once; the agency, or ``None`` if somebody took the last use meanwhile."""
    row = await entry.one(USE, of_digest=opaque.digest(token), at=entry.at)
    return row["agency_id"] if row else None
