"""Invitations: the way in for an administrator who has no passkey yet.

created ──opened (bound to that browser)──▶ used
└──an hour──▶ over

An address that has no account is kept with the invitation, and its account has none
until the invitation is opened: only whoever was reached there can prove it.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from idp import accounts, identifiers, tables
from idp.errors import InvitationOver
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.vault import Vault

LIFETIME = timedelta(hours=1)

_invitations = tables.invitations.c
_running = sa.and_(
    _invitations.digest == sa.bindparam("of_invitation"),
    _invitations.used_at.is_(None),
    _invitations.expires_at > sa.bindparam("at", type_=tables.NOW),
)
_mine = _invitations.browser == sa.bindparam("of_browser")
_nobody_elses = sa.or_(_invitations.browser.is_(None), _mine)

ADD = statement(
    sa.insert(tables.invitations).values(
        digest=sa.bindparam("digest"),
        account_id=sa.bindparam("account_id"),
        lookup=sa.bindparam("lookup"),
        sealed=sa.bindparam("sealed"),
        created_at=sa.bindparam("at"),
        expires_at=sa.bindparam("expires_at"),
    )
)
EXPECTED = statement(
    sa.select(_invitations.account_id)
    .where(_invitations.lookup == sa.bindparam("wanted"))
    .order_by(_invitations.created_at.desc())
    .limit(1)
)
FIND = statement(
    sa.select(_invitations.account_id, _invitations.browser).where(_running, _nobody_elses)
)
HOLD = statement(sa.select(_invitations.account_id).where(_running, _mine).with_for_update())
OPEN = statement(
    sa.update(tables.invitations)
    .where(_running, _nobody_elses)
    .values(browser=sa.bindparam("of_browser"))
    .returning(_invitations.account_id, _invitations.digest, _invitations.sealed)
)
PASS_ON = statement(
    sa.update(tables.invitations)
    .where(_invitations.digest == sa.bindparam("of_invitation"))
    .values(account_id=sa.bindparam("to_account"))
)
USE = statement(
    sa.update(tables.invitations)
    .where(_running, _mine)
    .values(used_at=sa.bindparam("at"))
    .returning(_invitations.account_id)
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as a browser sees it; ``opened`` is whether it is this browser's."""

    account_id: UUID
    opened: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose an invitation is; ``instead_of`` is whom it was for, if the address has an account."""

    account_id: UUID
    instead_of: UUID | None = None


async def invite(entry: Entry, vault: Vault, email: str) -> tuple[UUID, str]:
    """Invite whoever has ``email``; returns the account and the handle.

    The handle goes to that address and nowhere else: opening it is the address's proof.
    """
    account_id = await identifiers.find_account(entry, vault, email)
    if account_id is not None:
        return account_id, await create(entry, account_id)
    account_id = await find_account(entry, vault, email)
    if account_id is None:
        account_id = (await accounts.expect(entry, vault)).id
    handle = opaque.handle()
    digest = opaque.digest(handle)
    await _add(
        entry,
        digest,
        account_id,
        lookup=identifiers.lookup(vault, email),
        sealed=vault.sealer.seal(email.encode(), "idp.invitations", digest.hex()),
    )
    return account_id, handle


async def create(entry: Entry, account_id: UUID) -> str:
    """Invite an account that has an address; returns the handle, which is told once."""
    handle = opaque.handle()
    await _add(entry, opaque.digest(handle), account_id)
    return handle


async def find_account(entry: Entry, vault: Vault, email: str) -> UUID | None:
    """Return whose address it is, or whose it will be once the invitation is opened."""
    known = await identifiers.find_account(entry, vault, email)
    if known is not None:
        return known
    row = await entry.one(EXPECTED, wanted=identifiers.lookup(vault, email))
    return _account(row) if row else None


async def find(entry: Entry, handle: str, browser: str) -> Invitation:
    """Look at an invitation; nothing changes.

    :raises InvitationOver: used, run out, or another browser's
    """
    row = await _take(entry, FIND, handle, browser)
    return Invitation(_account(row), row["browser"] is not None)


async def open(entry: Entry, vault: Vault, handle: str, browser: str) -> Opened:  # noqa: A001
    """Open it in a browser, which from then on is the only one; its address counts as proved.

    :raises InvitationOver: used, run out, or another browser's
    """
    row = await _take(entry, OPEN, handle, browser)
    account_id = _account(row)
    if row["sealed"] is None:
        return Opened(account_id)
    place = bytes(row["digest"]).hex()
    email = vault.sealer.open(row["sealed"], "idp.invitations", place).decode()
    owner = await identifiers.find_account(entry, vault, email)
    if owner is None:
        await identifiers.add(entry, vault, account_id, email)
    if owner in (None, account_id):
        return Opened(account_id)
    await entry.run(PASS_ON, of_invitation=opaque.digest(handle), to_account=owner)
    return Opened(owner, instead_of=account_id)


async def hold(entry: Entry, handle: str, browser: str) -> UUID:
    """Hold an opened one for this unit of work: of steps taken at once, each waits for the other.

    :raises InvitationOver: used, run out, not opened, or another browser's
    """
    return _account(await _take(entry, HOLD, handle, browser))


async def use(entry: Entry, handle: str, browser: str) -> UUID:
    """Use it up, once, in the browser that opened it; returns the account.

    :raises InvitationOver: used, run out, not opened, or another browser's
    """
    return _account(await _take(entry, USE, handle, browser))


async def _add(
    entry: Entry,
    digest: bytes,
    account_id: UUID,
    *,
    lookup: bytes | None = None,
    sealed: bytes | None = None,
) -> None:
    await entry.run(
        ADD,
        digest=digest,
        account_id=account_id,
        lookup=lookup,
        sealed=sealed,
        at=entry.at,
        expires_at=entry.at + LIFETIME,
    )


async def _take(entry: Entry, query: object, handle: str, browser: str) -> Row:
    row = await entry.one(
        query,  # type: ignore[arg-type]
        of_invitation=opaque.digest(handle),
        of_browser=opaque.digest(browser),
        at=entry.at,
    )
    if row is None:
        raise InvitationOver
    return row


def _account(row: Row) -> UUID:
    return UUID(bytes=row["account_id"].bytes)
