"""Summoning: mail a citizen that a request waits, and nothing of what it says.

    asked ──within what they agreed to beforehand──▶ approved, and they are told
      └──anything else──▶ it waits for them, and they are told

The mail names no service and no reason, and its link opens the sign-in: whoever reads it over
a shoulder, or sends one that looks like it, has nothing. There are few of them in an hour,
whatever number of services ask, and one service causes no more of them by naming somebody by
an address and by an ID token in turn: that is let through, because a refusal would tell that
both are one person, and waits on the page alone.
"""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from gateway import letters
from gateway.oauth import standing
from gateway.runtime import Runtime
from idp import accounts, attempts
from idp.accounts import Account
from idp.errors import TooManyAttempts
from keys import pairwise
from keys.entry import Entry
from relying_parties import summons
from relying_parties.grants import backchannel_orders
from relying_parties.summons import Summons, Taken

TEMPLATE, IN_ADVANCE = "request-waiting", "approved-in-advance"

log = logging.getLogger("gatehouse.worker")

Answer = Callable[[Runtime, Entry, Account, UUID], Awaitable[bool]]


async def summon_citizens(runtime: Runtime) -> int:
    """Queue the mails about what was asked since; return how many requests that were."""
    async with runtime.entry() as entry:
        taken = await summons.take(entry)
    for each in taken.summons:
        if not await _told(runtime, taken, each, standing.answer):
            # What can't be judged is asked: whoever agreed beforehand loses nothing.
            await _told(runtime, taken, each, _asked)
    if taken.nobody:
        async with runtime.entry() as entry:
            await summons.note(entry, taken, taken.nobody)
    return len(taken.summons)


async def _asked(_runtime: Runtime, _entry: Entry, _account: Account, _request: UUID) -> bool:
    return False


async def _told(runtime: Runtime, taken: Taken, each: Summons, answer: Answer) -> bool:
    """Tell one citizen, in a unit of work of its own; one that fails keeps no other from it."""
    try:
        async with runtime.entry() as entry:
            await _tell(runtime, entry, each, answer)
            await summons.note(entry, taken, [each.id])
    except Exception:
        log.exception("citizen not told", extra={"request": str(each.id)})
        return False
    return True


async def _tell(runtime: Runtime, entry: Entry, each: Summons, answer: Answer) -> None:
    account_id = pairwise.open_citizen(runtime.vault.sealer, each.citizen, each.client_id)
    account = await accounts.find(entry, account_id)
    if account is None or account.status != "open":  # nobody has the address, or they left
        return
    if await answer(runtime, entry, account, each.id):
        # Each time, as they were promised: a rule answers few requests in a month.
        await letters.write(runtime, entry, account, IN_ADVANCE)
        return
    if await backchannel_orders.too_much(entry, each.id, in_detail=each.in_detail):
        return
    try:
        await attempts.count(entry, "summons", account_id.bytes)
    except TooManyAttempts:
        return  # the page shows it all the same
    await letters.write(runtime, entry, account, TEMPLATE, worth_until=each.expires_at)
