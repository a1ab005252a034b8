"""The passkeys that we keep: a row each, of one account.

Whatever changes how many an account has holds the account, so two changes at once can
neither both pass the limit nor both leave the last one to the other.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import authenticators, tables
from idp.errors import LastWayIn, PasskeyRefused
from idp.events import PasskeyRemoved, PasskeyRenamed
from keys.entry import Entry, Row, statement

MOST = 20  # of one account
PHISHING_RESISTANT = ("pop", "user", "mfa")
DOUBTFUL = ("swk", "user")  # a key that was copied is in software, whatever it was made in
NAMES = Path(__file__).parents[1] / "aaguids.json"

_passkeys = tables.passkeys.c
_counted = sa.bindparam("counted", type_=sa.BigInteger)
# A device that counts counts up (§6.1.1). Judged where it is stored: of two copies that
# show the same count at once, the later one finds the count of the earlier.
_went_backwards = sa.and_(
    sa.or_(_passkeys.sign_count > 0, _counted > 0), _counted <= _passkeys.sign_count
)

ADD = statement(
    pg.insert(tables.passkeys)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        credential_id=sa.bindparam("credential_id"),
        public_key=sa.bindparam("public_key"),
        alg=sa.bindparam("alg"),
        sign_count=sa.bindparam("sign_count"),
        aaguid=sa.bindparam("aaguid"),
        transports=sa.bindparam("transports"),
        backup_eligible=sa.bindparam("backup_eligible"),
        backed_up=sa.bindparam("backed_up"),
        name=sa.bindparam("name"),
        device=sa.bindparam("device"),
        created_at=sa.bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(tables.passkeys)
)
FIND = statement(
    sa.select(tables.passkeys, tables.accounts.c.handle, tables.accounts.c.status)
    .join(tables.accounts, tables.accounts.c.id == _passkeys.account_id)
    .where(_passkeys.credential_id == sa.bindparam("of_credential"))
)
LISTED = statement(
    sa.select(tables.passkeys)
    .where(_passkeys.account_id == sa.bindparam("of_account"))
    .order_by(_passkeys.created_at)
)
USED = statement(
    sa.update(tables.passkeys)
    .where(_passkeys.id == sa.bindparam("of_passkey"))
    .values(
        last_used_at=sa.bindparam("at"),
        sign_count=sa.func.greatest(_passkeys.sign_count, _counted),
        backed_up=sa.bindparam("is_backed_up"),
        failures=0,
        suspected_at=sa.case(
            (_went_backwards, sa.bindparam("at", type_=tables.NOW)), else_=_passkeys.suspected_at
        ),
    )
    .returning(tables.passkeys)
)
FAILED = statement(
    sa.update(tables.passkeys)
    .where(_passkeys.id == sa.bindparam("of_passkey"))
    .values(failures=_passkeys.failures + 1)
)
RENAME = statement(
    sa.update(tables.passkeys)
    .where(
        _passkeys.id == sa.bindparam("of_passkey"),
        _passkeys.account_id == sa.bindparam("of_account"),
    )
    .values(name=sa.bindparam("new_name"))
    .returning(_passkeys.id)
)
REMOVE = statement(
    sa.delete(tables.passkeys)
    .where(
        _passkeys.id == sa.bindparam("of_passkey"),
        _passkeys.account_id == sa.bindparam("of_account"),
    )
    .returning(_passkeys.id)
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its citizen sees it."""

    id: UUID
    credential_id: bytes = field(repr=False)
    name: str
    device: str
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    suspected_at: datetime | None

    @property
    def amr(self) -> tuple[str, ...]:
        """What its use proves (RFC 8176); one that may be copied is a key in software."""
        if self.suspected_at is not None:
            return DOUBTFUL
        return (*PHISHING_RESISTANT, "swk") if self.backup_eligible else PHISHING_RESISTANT

    @property
    def aal(self) -> int:
        """How strong a proof its use is: a copy may be in anybody's hands (§6.1.1)."""
        return 1 if self.suspected_at is not None else 2


async def listed(entry: Entry, account_id: UUID) -> list[Passkey]:
    """Return the account's passkeys, oldest first."""
    return [passkey(row) for row in await entry.all(LISTED, of_account=account_id)]


async def make_room(entry: Entry, account_id: UUID) -> None:
    """Hold the account until the entry ends, so that one more passkey fits.

    :raises PasskeyRefused: ``too_many``
    :raises AccountNotOpen: locked or closed
    """
    if (await authenticators.held(entry, account_id)).passkeys >= MOST:
        raise PasskeyRefused("too_many")


async def rename(entry: Entry, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Give the account's passkey another name."""
    row = await entry.one(RENAME, of_passkey=passkey_id, of_account=account_id, new_name=name)
    if row is not None:
        whom = f"account:{account_id}"
        entry.record(PasskeyRenamed(whom, whom, str(passkey_id)))
    return row is not None


async def remove(entry: Entry, account_id: UUID, passkey_id: UUID) -> bool:
    """Remove the account's passkey.

    :raises LastWayIn: nothing else would be left to sign in with
    :raises AccountNotOpen: locked or closed
    """
    enrolled = await authenticators.held(entry, account_id)
    if enrolled.passkeys <= 1 and not enrolled.password:
        raise LastWayIn
    row = await entry.one(REMOVE, of_passkey=passkey_id, of_account=account_id)
    if row is not None:
        whom = f"account:{account_id}"
        entry.record(PasskeyRemoved(whom, whom, str(passkey_id)))
    return row is not None


def name_of(aaguid: UUID) -> str:
    """Name the make of a passkey provider, or nothing if we do not know it.

    A name is all that it is good for: without a manufacturer's roots to check the
    attestation against, anybody may claim any AAGUID.
    """
    return _names().get(str(aaguid), "")


def passkey(row: Row) -> Passkey:
    """Build a passkey from its row."""
    return Passkey(
        id=UUID(bytes=row["id"].bytes),
        credential_id=row["credential_id"],
        name=row["name"],
        device=row["device"],
        transports=tuple(row["transports"]),
        backup_eligible=row["backup_eligible"],
        backed_up=row["backed_up"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        suspected_at=row["suspected_at"],
    )


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = json.loads(NAMES.read_text())
    return names
