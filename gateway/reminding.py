"""Reminding: mail a citizen that something they share ends soon, and nothing of what it is.

The mail names no service, so a mailbox that others read tells them none; which one it is, and
what can be done, the page says that its link leads to. Of all that ends on one day there is one
mail.
"""

from uuid import UUID

from gateway import letters
from gateway.runtime import Runtime
from idp import accounts, attempts
from idp.errors import TooManyAttempts
from keys import pairwise
from keys.entry import Entry
from relying_parties import reminders

TEMPLATE = "sharing-ends"


async def remind_citizens(runtime: Runtime) -> int:
    """Queue the mails about what ends soon; return of how many agreements."""
    async with runtime.entry() as entry:
        taken = await reminders.take(entry)
        sealer = runtime.vault.sealer
        whom = {pairwise.citizen_of(sealer, one.citizen, one.client_id) for one in taken}
        # In one order everywhere, so that two workers do not wait for one another.
        for account_id in sorted(one for one in whom if one is not None):
            await _tell(runtime, entry, account_id)
    return len(taken)


async def _tell(runtime: Runtime, entry: Entry, account_id: UUID) -> None:
    account = await accounts.find(entry, account_id)
    if account is None or account.status != "open":
        return
    try:
        await attempts.count(entry, "reminder", account_id.bytes, entry.at.date().isoformat())
    except TooManyAttempts:
        return  # today's mail says it already: it names none of them
    await letters.write(runtime, entry, account, TEMPLATE)
