"""The vault: named secrets that outlive every rotation.

Pairwise subjects, blind indexes and password hashes must mean the same for ever,
so their keys are drawn once, kept sealed in the database (and so in every
backup), and have no command that changes them (ADR 2).
"""

from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.dialects import postgresql as pg

from keys import opaque, tables
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.master import MasterKey
from keys.sealing import Sealer

NAMES = ("pairwise", "blind_index", "pepper", "browser", "citizen")

ADD = statement(
    pg.insert(tables.secrets)
    .values(name=sa.bindparam("name"), sealed=sa.bindparam("sealed"), created_at=sa.bindparam("at"))
    .on_conflict_do_nothing()
)
READ = statement(sa.select(tables.secrets.c.name, tables.secrets.c.sealed))


@dataclass(frozen=True, slots=True)
class Vault:
    """Everything secret that a process holds, opened once at its start.

    :ivar pairwise: key of subjects and of `sid`
    :ivar blind_index: key of the look-ups of addresses
    :ivar pepper: key applied to passwords before they are hashed
    :ivar browser: key of form tokens and passkey challenges
    :ivar citizen: key of the references that tables of relying_parties hold
    """

    sealer: Sealer = field(repr=False)
    pairwise: bytes = field(repr=False)
    blind_index: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    browser: bytes = field(repr=False)
    citizen: bytes = field(repr=False)

    def derive(self, label: str) -> bytes:
        """Derive a key for one use from the browser secret."""
        return HKDF(SHA256(), 32, salt=None, info=label.encode()).derive(self.browser)


async def open_vault(entry: Entry, master: MasterKey) -> Vault:
    """Draw the secrets that do not exist yet, and open all of them.

    :raises NotSealedHere: the database was sealed under another master key
    """
    sealer = Sealer(master)
    kept = {row["name"] for row in await entry.all(READ)}
    for name in NAMES:
        if name not in kept:
            sealed = sealer.seal(opaque.random_bytes(32), "keys.secrets", name)
            await entry.run(ADD, name=name, sealed=sealed, at=entry.at)
    opened = {row["name"]: _open(sealer, row) for row in await entry.all(READ)}
    return Vault(sealer=sealer, **{name: opened[name] for name in NAMES})


def _open(sealer: Sealer, row: Row) -> bytes:
    try:
        return sealer.open(row["sealed"], "keys.secrets", row["name"])
    except NotSealedHere as error:
        raise NotSealedHere("the database was sealed under another master key") from error
