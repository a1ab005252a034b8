"""Invitations: the way in for an administrator who has no passkey yet.

created ──opened (bound to that browser)──▶ used
└──an hour──▶ over

An address that has no account is kept with the invitation, and its account has none
until the invitation is opened: only whoever was reached there can prove it. What finds an
account or an invitation but is not its address, letter for letter save ASCII case, joins it
to nobody.

An account that was recovered is the one of whoever reads its mail. What it opened as an
administrator's stays shut until somebody invites that person anew (RE-13).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
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
    sa.select(_invitations.account_id, _invitations.digest, _invitations.sealed)
    .where(_invitations.lookup == sa.bindparam("wanted"))
    .order_by(_invitations.created_at.desc())
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
_later = tables.invitations.alias("later").c
_recoveries = tables.recoveries.c
NEEDED = statement(
    sa.select(_recoveries.id)
    .where(
        _recoveries.account_id == sa.bindparam("of_account"),
        _recoveries.completed_at.is_not(None),
        ~sa.exists().where(
            _later.account_id == _recoveries.account_id,
            _later.used_at.is_not(None),
            _later.created_at > _recoveries.completed_at,
        ),
    )
    .limit(1)
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


class Invited(NamedTuple):
    """An invitation that was made: for whom, its handle, and the one address that it goes to."""

    account_id: UUID
    handle: str
    email: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose an invitation is; ``instead_of`` is whom it was for, if the address has an account."""

    account_id: UUID
    instead_of: UUID | None = None


async def invite(entry: Entry, vault: Vault, email: str) -> Invited:
    """Invite whoever has ``email``.

    The handle goes to the address that is returned and nowhere else, which is the one that
    the account proved, if it has one: opening it is the address's proof.
    """
    account_id = await identifiers.find_account(entry, vault, email)
    if account_id is not None:
        proved = await identifiers.as_proved(entry, vault, email)
        return Invited(account_id, await create(entry, account_id), proved)
    account_id = await _expected(entry, vault, email)
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
    return Invited(account_id, handle, email)


async def create(entry: Entry, account_id: UUID) -> str:
    """Invite an account that has an address; returns the handle, which is told once."""
    handle = opaque.handle()
    await _add(entry, opaque.digest(handle), account_id)
    return handle


async def find_account(entry: Entry, vault: Vault, email: str) -> UUID | None:
    """Return whose address it is, or whose it will be once the invitation is opened."""
    known = await identifiers.find_account(entry, vault, email)
    return known or await _expected(entry, vault, email)


async def _expected(entry: Entry, vault: Vault, email: str) -> UUID | None:
    rows = await entry.all(EXPECTED, wanted=identifiers.lookup(vault, email))
    theirs = (_account(row) for row in rows if identifiers.same(_address(row, vault), email))
    return next(theirs, None)


async def find(entry: Entry, handle: str, browser: str) -> Invitation:
    """Look at an invitation; nothing changes.

    :raises InvitationOver: used, run out, or another browser's
    """
    row = await _take(entry, FIND, handle, browser)
    return Invitation(_account(row), row["browser"] is not None)


async def open(entry: Entry, vault: Vault, handle: str, browser: str) -> Opened:  # noqa: A001
    """Open it in a browser, which from then on is the only one; its address counts as proved.

    :raises InvitationOver: used, run out, another browser's, or mailed to another address than
        the one of the account that is found by it
    """
    row = await _take(entry, OPEN, handle, browser)
    account_id = _account(row)
    if row["sealed"] is None:
        return Opened(account_id)
    email = _address(row, vault)
    owner = await identifiers.find_account(entry, vault, email)
    if owner is None:
        await identifiers.add(entry, vault, account_id, email)
    elif not identifiers.same(await identifiers.as_proved(entry, vault, email), email):
        raise InvitationOver
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


async def needed(entry: Entry, account_id: UUID) -> bool:
    """Whether the account was recovered, and not invited since: it is no administrator's now."""
    return await entry.one(NEEDED, of_account=account_id) is not None


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


def _address(row: Row, vault: Vault) -> str:
    place = bytes(row["digest"]).hex()
    return vault.sealer.open(row["sealed"], "idp.invitations", place).decode()
