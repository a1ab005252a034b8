"""Locking and closing an account, together with all that is held of it (ADR 3).

    account locked or closed ─▶ its sessions end ─▶ its families end, offline ones too

The token endpoint does not ask for the account, so nobody but these two functions may
lock or close one. What was let go stays so when the account is unlocked.
"""

from uuid import UUID

from idp import accounts, sessions
from keys import pairwise
from keys.entry import Entry
from keys.vault import Vault
from relying_parties import agencies
from relying_parties.grants import families


async def lock(
    entry: Entry, vault: Vault, account_id: UUID, reason: str, by: str | None = None
) -> None:
    """Lock an open account.

    :raises AccountNotOpen: it is not open
    """
    await accounts.lock(entry, account_id, reason, by)
    await _let_go(entry, vault, account_id)


async def close(entry: Entry, vault: Vault, account_id: UUID) -> None:
    """End an account for good.

    :raises AccountNotOpen: it is not open
    """
    await accounts.close(entry, account_id)
    await _let_go(entry, vault, account_id)


async def _let_go(entry: Entry, vault: Vault, account_id: UUID) -> None:
    await sessions.end_all(entry, account_id)
    theirs = {
        pairwise.subject(vault.pairwise, agency.sector, account_id)
        for agency in await agencies.listed(entry)
    }
    await families.end_for_subjects(entry, theirs, offline_too=True)
