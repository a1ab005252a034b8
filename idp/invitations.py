"""Invitations: the way in for an administrator who has no passkey yet.

created ──opened (bound to that browser)──▶ used
└──an hour──▶ over
"""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from idp.errors import InvitationOver
from keys import opaque
from keys.entry import Entry, statement

LIFETIME = timedelta(hours=1)

_invitations = tables.invitations.c
_running = sa.and_(
    _invitations.digest == sa.bindparam("of_invitation"),
    _invitations.used_at.is_(None),
    _invitations.expires_at > sa.bindparam("at", type_=tables.NOW),
    sa.or_(_invitations.browser.is_(None), _invitations.browser == sa.bindparam("of_browser")),
)

ADD = statement(
    sa.insert(tables.invitations).values(
        digest=sa.bindparam("digest"),
        account_id=sa.bindparam("account_id"),
        created_at=sa.bindparam("at"),
        expires_at=sa.bindparam("expires_at"),
    )
)
OPEN = statement(
    sa.update(tables.invitations)
    .where(_running)
    .values(browser=sa.bindparam("of_browser"))
    .returning(_invitations.account_id)
)
USE = statement(
    sa.update(tables.invitations)
    .where(_running)
    .values(used_at=sa.bindparam("at"))
    .returning(_invitations.account_id)
)


async def create(entry: Entry, account_id: UUID, lifetime: timedelta = LIFETIME) -> str:
    """Make an invitation; returns its handle, which is shown once."""
    handle = opaque.handle()
    await entry.run(
        ADD,
        digest=opaque.digest(handle),
        account_id=account_id,
        at=entry.at,
        expires_at=entry.at + lifetime,
    )
    return handle


async def open(entry: Entry, handle: str, browser: str) -> UUID:  # noqa: A001 - invitations.open
    """Open it in a browser, which from then on is the only one; returns the account.

    :raises InvitationOver: used, run out, or another browser's
    """
    return await _take(entry, OPEN, handle, browser)


async def use(entry: Entry, handle: str, browser: str) -> UUID:
    """Use it up, once; returns the account.

    :raises InvitationOver: used, run out, or another browser's
    """
    return await _take(entry, USE, handle, browser)


async def _take(entry: Entry, query: object, handle: str, browser: str) -> UUID:
    row = await entry.one(
        query,  # type: ignore[arg-type]
        of_invitation=opaque.digest(handle),
        of_browser=opaque.digest(browser),
        at=entry.at,
    )
    if row is None:
        raise InvitationOver
    return UUID(bytes=row["account_id"].bytes)
