"""Proofs that a service asked for: kept with the code, for as long as its tokens live.

Most codes ask for none, so keeping and finding are a statement more for those that do, and
leave the others as they are. What is kept may hold what the service believes of the citizen
("born on …?"), so it is sealed, and whoever opens it knows for which client.

Specs: OpenID Connect for Identity Assurance 1.0 §5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables

_codes, _consents = tables.codes.c, tables.consents.c

KEEP = statement(
    sa.update(tables.codes)
    .where(_codes.digest == sa.bindparam("of_code"))
    .values(proofs=sa.bindparam("sealed", type_=sa.LargeBinary))
)
OF_CODE = statement(
    sa.select(_codes.proofs, _consents.claims.label("agreed"))
    .join_from(tables.codes, tables.consents, _consents.id == _codes.consent_id)
    .where(_codes.digest == sa.bindparam("of_code"), _codes.proofs.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was asked for, opaque here, and what the citizen agrees to at this moment."""

    sealed: bytes = field(repr=False)
    agreed: Sequence[str]


async def keep(entry: Entry, code: str, sealed: bytes) -> None:
    """Let ``code`` stand for proofs too; nobody has it yet."""
    await entry.run(KEEP, of_code=opaque.digest(code), sealed=sealed)


async def of_code(entry: Entry, code: bytes) -> Kept | None:
    """Return what the family of ``code``, a digest, asked for.

    Whether the consent is in force was asked when the token was found.
    """
    row = await entry.one(OF_CODE, of_code=code)
    return Kept(row["proofs"], tuple(row["agreed"])) if row else None
