"""Accounts: one person's record, open, locked or closed.

open ──lock──▶ locked ──unlock──▶ open
└──close──▶ closed (its key is destroyed: nothing sealed under it opens again)

What is left of a closed account is deleted by :mod:`idp.erasures`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from idp import devices, identifiers, person_keys, tables
from idp.errors import AccountNotOpen
from idp.events import (
    AccountClosed,
    AccountLocked,
    AccountOpened,
    AccountUnlocked,
    RoleGranted,
    RoleTaken,
)
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.vault import Vault

ROLES = ("registrar", "privacy", "security", "operator", "auditor")
HANDLE = 64  # bytes of a WebAuthn user handle, random: it says nothing about anybody

_accounts = tables.accounts.c

ADD = statement(
    sa.insert(tables.accounts).values(
        id=sa.bindparam("id"),
        status="open",
        handle=sa.bindparam("handle"),
        locale=sa.bindparam("locale"),
        created_at=sa.bindparam("at"),
        credentials_changed_at=sa.bindparam("at"),
    )
)
FIND = statement(sa.select(tables.accounts).where(_accounts.id == sa.bindparam("of_account")))
STAFF = statement(
    sa.select(tables.accounts)
    .where(sa.func.cardinality(_accounts.roles) > 0)
    .order_by(_accounts.created_at)
)


def _move(after: str, before: str, **also: Any) -> Any:
    return statement(
        sa.update(tables.accounts)
        .where(_accounts.id == sa.bindparam("of_account"), _accounts.status == before)
        .values(status=after, **also)
        .returning(_accounts.id)
    )


LOCK = _move("locked", "open", locked_reason=sa.bindparam("reason"))
UNLOCK = _move("open", "locked", locked_reason=sa.null())
CLOSE = _move("closed", "open", closed_at=sa.bindparam("at"), leaving_at=sa.null())


def _set(**values: Any) -> Any:
    return statement(
        sa.update(tables.accounts)
        .where(_accounts.id == sa.bindparam("of_account"))
        .values(**values)
    )


SET_IAL = _set(ial=sa.func.greatest(_accounts.ial, sa.bindparam("level", type_=sa.SmallInteger)))
SET_LEAVING = _set(leaving_at=sa.bindparam("when", type_=tables.NOW))
CHANGED = _set(credentials_changed_at=sa.bindparam("at"))
ADD_ROLE = _set(
    roles=sa.func.array_append(
        sa.func.array_remove(_accounts.roles, sa.bindparam("role", type_=sa.Text)),
        sa.bindparam("role", type_=sa.Text),
    )
)
TAKE_ROLE = _set(roles=sa.func.array_remove(_accounts.roles, sa.bindparam("role", type_=sa.Text)))


@dataclass(frozen=True, slots=True)
class Account:
    """One person's record.

    :ivar ial: how well we know who they are, 0 to 3
    :ivar roles: an administrator's; empty for everybody else
    :ivar handle: names the account to authenticators (WebAuthn `user.id`)
    :ivar leaving_at: when it is to be deleted, if its citizen asked for that
    """

    id: UUID
    status: str
    locale: str | None
    ial: int
    roles: tuple[str, ...]
    handle: bytes = field(repr=False)
    created_at: datetime
    credentials_changed_at: datetime
    leaving_at: datetime | None = None


def account(row: Row, column: str = "id") -> Account:
    """Build an account from a row that has all of it, its id in ``column``."""
    return Account(
        id=UUID(bytes=row[column].bytes),
        status=row["status"],
        locale=row["locale"],
        ial=row["ial"],
        roles=tuple(row["roles"]),
        handle=row["handle"],
        created_at=row["created_at"],
        credentials_changed_at=row["credentials_changed_at"],
        leaving_at=row["leaving_at"],
    )


async def open_account(
    entry: Entry, vault: Vault, *, email: str, locale: str | None = None
) -> Account:
    """Open an account for whoever proved ``email``.

    :raises IdentifierTaken: the address has an account
    """
    account_id = await _begin(entry, vault, locale)
    await identifiers.add(entry, vault, account_id, email)
    return await _begun(entry, account_id)


async def expect(entry: Entry, vault: Vault) -> Account:
    """Open an account for somebody who is invited: it has no address until they prove it."""
    return await _begun(entry, await _begin(entry, vault, None))


async def find(entry: Entry, account_id: UUID) -> Account | None:
    """Return an account, whatever its status."""
    row = await entry.one(FIND, of_account=account_id)
    return account(row) if row else None


async def staff(entry: Entry) -> list[Account]:
    """Return the accounts that have an administrator's role."""
    return [account(row) for row in await entry.all(STAFF)]


async def lock(entry: Entry, account_id: UUID, reason: str, by: str | None = None) -> None:
    """Lock an open account; only :mod:`gateway.oauth.locking` may (ADR 3).

    :raises AccountNotOpen: it is not open
    """
    if await entry.one(LOCK, of_account=account_id, reason=reason) is None:
        raise AccountNotOpen
    entry.record(AccountLocked(by, f"account:{account_id}", reason))


async def unlock(entry: Entry, account_id: UUID, by: str | None = None) -> None:
    """Open a locked account again.

    :raises AccountNotOpen: it is not locked
    """
    if await entry.one(UNLOCK, of_account=account_id) is None:
        raise AccountNotOpen
    entry.record(AccountUnlocked(by, f"account:{account_id}"))


async def close(entry: Entry, account_id: UUID) -> None:
    """End an account: destroy its data key, forget its addresses and its devices.

    Only :mod:`gateway.oauth.locking` may (ADR 3).

    :raises AccountNotOpen: it is not open
    """
    if await entry.one(CLOSE, of_account=account_id, at=entry.at) is None:
        raise AccountNotOpen
    await person_keys.destroy(entry, account_id)
    await identifiers.forget(entry, account_id)
    await devices.forget(entry, account_id)
    whom = f"account:{account_id}"
    entry.record(AccountClosed(whom, whom))


async def leave(entry: Entry, account_id: UUID, at: datetime | None) -> None:
    """Note when the account is to be deleted, or that it stays; :mod:`idp.erasures` says so."""
    await entry.run(SET_LEAVING, of_account=account_id, when=at)


async def grant_role(entry: Entry, account_id: UUID, role: str, by: str) -> None:
    """Make the account an administrator.

    :raises ValueError: no such role
    """
    if role not in ROLES:
        raise ValueError(role)
    await entry.run(ADD_ROLE, of_account=account_id, role=role)
    entry.record(RoleGranted(by, f"account:{account_id}", role))


async def take_role(entry: Entry, account_id: UUID, role: str, by: str) -> None:
    """Take an administrator's role back."""
    await entry.run(TAKE_ROLE, of_account=account_id, role=role)
    entry.record(RoleTaken(by, f"account:{account_id}", role))


async def raise_ial(entry: Entry, account_id: UUID, ial: int) -> None:
    """Note how well we know who it is; never less than before."""
    await entry.run(SET_IAL, of_account=account_id, level=ial)


async def credentials_changed(entry: Entry, account_id: UUID) -> None:
    """Note that the ways in changed. The caller ends what services hold (ADR 3)."""
    await entry.run(CHANGED, of_account=account_id, at=entry.at)


async def _begin(entry: Entry, vault: Vault, locale: str | None) -> UUID:
    account_id = opaque.new_id()
    await entry.run(
        ADD, id=account_id, handle=opaque.random_bytes(HANDLE), locale=locale, at=entry.at
    )
    await person_keys.draw(entry, vault, account_id)
    return account_id


async def _begun(entry: Entry, account_id: UUID) -> Account:
    whom = f"account:{account_id}"
    entry.record(AccountOpened(whom, whom))
    found = await find(entry, account_id)
    if found is None:
        raise AccountNotOpen
    return found
