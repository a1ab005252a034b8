"""Locking and closing an account, together with all that is held of it (ADR 3).

    account locked or closed ─▶ its sessions end ─▶ its families end, offline ones too
        ─▶ commit ─▶ services hear that the sessions ended ─1 s▶ its families end again

The token endpoint does not ask for the account, so nobody but these two functions may
lock or close one. What was let go stays so when the account is unlocked.

A sign-on that was under way leaves a code behind (:mod:`gateway.oauth.ending`), so whoever
locked or closed looks once more when that is committed (security: RC-17).
"""

import asyncio
from uuid import UUID

from gateway.oauth import ending
from gateway.runtime import Runtime
from idp import accounts, sessions
from keys import pairwise
from keys.entry import Entry
from keys.vault import Vault
from relying_parties import agencies, clients, logouts
from relying_parties.grants import families


async def lock(
    entry: Entry, vault: Vault, account_id: UUID, reason: str, by: str | None = None
) -> frozenset[str]:
    """Lock an open account.

    :returns: what services call it, for :func:`once_more`
    :raises AccountNotOpen: it is not open
    """
    await accounts.lock(entry, account_id, reason, by)
    return await _let_go(entry, vault, account_id)


async def close(entry: Entry, vault: Vault, account_id: UUID) -> frozenset[str]:
    """End an account for good.

    :returns: what services called it, for :func:`once_more`
    :raises AccountNotOpen: it is not open
    """
    await accounts.close(entry, account_id)
    return await _let_go(entry, vault, account_id)


async def once_more(runtime: Runtime, subjects: frozenset[str]) -> None:
    """End what a sign-on left behind that was under way; takes a second.

    :param subjects: of :func:`lock` or :func:`close`, whose entry is committed
    """
    await asyncio.sleep(ending.SETTLED)
    async with runtime.entry() as entry:
        await families.end_for_subjects(entry, subjects, offline_too=True)


async def subjects(entry: Entry, vault: Vault, account_id: UUID) -> frozenset[str]:
    """Return what services call the citizen of an account."""
    return frozenset(
        pairwise.subject(vault.pairwise, agency.sector, account_id)
        for agency in await agencies.listed(entry)
    )


async def _let_go(entry: Entry, vault: Vault, account_id: UUID) -> frozenset[str]:
    ended = await sessions.end_all(entry, account_id)
    theirs = await subjects(entry, vault, account_id)
    await families.end_for_subjects(entry, theirs, offline_too=True)
    sids = [
        pairwise.sid(vault.pairwise, client.client_id, session)
        for client in (await clients.listed(entry) if ended else ())
        for session in ended
    ]
    await logouts.queue(entry, theirs, sids)
    return theirs
