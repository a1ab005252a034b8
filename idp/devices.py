"""Known devices: browsers from which an account was signed in to before.

    new ──signed in, its citizen is told──▶ known ──half a year unused──▶ new
                                              └──password changed, recovered──▶ new

A known device signs nobody in. It is spared what strangers' wrong passwords bring
about, so nobody can be locked out from elsewhere, and it is not told of again. Its
handle is only in the browser's cookie; the table holds the digest.

Specs: SP 800-63B §3.2.2, ASVS 6.3.5.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from keys import opaque
from keys.entry import Entry, statement

LIFETIME = timedelta(days=180)  # since the last sign-in
MOST = 10  # of one account; beyond, the one that was used least recently is new again
MOST_FAILURES = 5  # wrong passwords in a row; then the device counts as a stranger's

_devices = tables.known_devices.c

SEEN = statement(
    sa.update(tables.known_devices)
    .where(
        _devices.digest == sa.bindparam("of_device"),
        _devices.account_id == sa.bindparam("of_account"),
        _devices.expires_at > sa.bindparam("at", type_=tables.NOW),
    )
    .values(seen_at=sa.bindparam("at"), expires_at=sa.bindparam("until"), failures=0)
    .returning(_devices.digest)
)
KNOWN = statement(
    sa.select(_devices.digest)
    .join_from(
        tables.known_devices,
        tables.identifiers,
        tables.identifiers.c.account_id == _devices.account_id,
    )
    .where(
        _devices.digest == sa.bindparam("of_device"),
        _devices.expires_at > sa.bindparam("at", type_=tables.NOW),
        tables.identifiers.c.kind == "email",
        tables.identifiers.c.lookup == sa.bindparam("wanted"),
    )
)
MOVE = statement(
    sa.update(tables.known_devices)
    .where(_devices.digest == sa.bindparam("of_device"))
    .values(digest=sa.bindparam("new_digest"))
)
_add = pg.insert(tables.known_devices).values(
    digest=sa.bindparam("digest"),
    account_id=sa.bindparam("account_id"),
    seen_at=sa.bindparam("at"),
    expires_at=sa.bindparam("until"),
)
ADD = statement(
    _add.on_conflict_do_update(
        index_elements=["digest", "account_id"],
        set_={
            "seen_at": _add.excluded.seen_at,
            "expires_at": _add.excluded.expires_at,
            "failures": 0,
        },
    )
)
CROWD = statement(
    sa.delete(tables.known_devices).where(
        _devices.account_id == sa.bindparam("of_account"),
        _devices.digest.in_(
            sa.select(_devices.digest)
            .where(_devices.account_id == sa.bindparam("of_account"))
            .order_by(_devices.seen_at.desc())
            .offset(sa.literal_column(str(MOST)))
            .scalar_subquery()
        ),
    )
)
FORGET = statement(
    sa.delete(tables.known_devices).where(
        _devices.account_id == sa.bindparam("of_account"),
        _devices.digest != sa.bindparam("but"),
    )
)
PURGE = statement(
    sa.delete(tables.known_devices).where(
        _devices.expires_at < sa.bindparam("at", type_=tables.NOW)
    )
)


@dataclass(frozen=True, slots=True)
class Device:
    """The device that somebody signed in from.

    :ivar handle: for its cookie
    :ivar new: whether the account was never signed in to from it
    """

    handle: str = field(repr=False)
    new: bool


async def remember(entry: Entry, account_id: UUID, handle: str) -> Device:
    """Note a sign-in from the device that holds ``handle``, empty if it holds none."""
    until, old = entry.at + LIFETIME, opaque.digest(handle)
    if await entry.one(SEEN, of_device=old, of_account=account_id, at=entry.at, until=until):
        return Device(handle, new=False)
    # A new handle, also for the device's other accounts: one that was planted is worthless.
    drawn = opaque.handle()
    digest = opaque.digest(drawn)
    await entry.run(MOVE, of_device=old, new_digest=digest)
    await entry.run(ADD, digest=digest, account_id=account_id, at=entry.at, until=until)
    await entry.run(CROWD, of_account=account_id)
    return Device(drawn, new=True)


async def knows(entry: Entry, lookup: bytes, device: bytes) -> bool:
    """Whether an address's account was signed in to from a device; one statement, whoever it is.

    :param lookup: keyed digest of the address
    :param device: digest of the device's handle
    """
    return await entry.one(KNOWN, wanted=lookup, of_device=device, at=entry.at) is not None


async def forget(entry: Entry, account_id: UUID, *, but: str = "") -> None:
    """Make every device of the account a new one, ``but`` the one with this handle."""
    await entry.run(FORGET, of_account=account_id, but=opaque.digest(but))


async def purge(entry: Entry) -> int:
    """Forget devices that were not used for long."""
    return await entry.run(PURGE, at=entry.at)
