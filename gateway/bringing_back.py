"""Bringing back: mail a citizen that what they put aside waits again, and nothing of what it is.

The mail names no service, and its link opens the sign-in. Of all that comes back at one moment,
such as the next morning, there is one mail.
"""

from datetime import datetime
from uuid import UUID

from gateway import letters
from gateway.runtime import Runtime
from idp import accounts
from keys import pairwise
from keys.entry import Entry
from relying_parties import asides

TEMPLATE = "request-reminder"


async def remind_citizens(runtime: Runtime) -> int:
    """Queue the mails about what comes back now; return how many requests that are."""
    async with runtime.entry() as entry:
        taken = await asides.take(entry)
        whom: dict[UUID, datetime] = {}
        for one in taken:
            account_id = pairwise.citizen_of(runtime.vault.sealer, one.citizen, one.client_id)
            if account_id is None:
                continue
            whom[account_id] = max(whom.get(account_id, one.expires_at), one.expires_at)
        for account_id, ends in sorted(whom.items()):
            await _tell(runtime, entry, account_id, ends)
    return len(taken)


async def _tell(runtime: Runtime, entry: Entry, account_id: UUID, ends: datetime) -> None:
    account = await accounts.find(entry, account_id)
    if account is not None and account.status == "open":
        await letters.write(runtime, entry, account, TEMPLATE, worth_until=ends)
