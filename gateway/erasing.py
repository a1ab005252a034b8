"""Erasing: the steps by which an account goes that its citizen wanted deleted.

    waiting ─close─▶ closed ─tell─▶ told ─forget─▶ gone
             │                │             └ rows of idp; the last mail
             │                └ services have their event; rows of relying_parties
             └ key destroyed, sessions and tokens ended, logouts on their way

The key is the first to go: whatever happens afterwards, nothing that was sealed under it is
read again. The rows of relying_parties wait until "the account has ended" is on its way to the
services, which is said only to those that have a consent of the citizen. The two rooms are
dealt with in units of their own, at moments of their own, so that no moment joins them.

Every step asks how things are and not how they were left: one that is done again, by a worker
that follows one that died, finds its row at the stage where it is.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

from gateway import claim_labels, signals
from gateway.oauth import locking
from gateway.runtime import Runtime
from idp import erased as citizens
from idp import erasures, notices
from idp.erasures import Erasure
from keys import following, pairwise
from keys.entry import Entry
from relying_parties import erased as parties
from relying_parties import sectors
from relying_parties.grants import families

log = logging.getLogger("gatehouse.worker")

MOST = 100  # steps of one look
TEMPLATE = "account-gone"

Step = Callable[[Runtime, Entry, Erasure], Awaitable[None]]


async def erase(runtime: Runtime) -> int:
    """Take the steps that are due; return how many."""
    for done in range(MOST):
        if not await _step(runtime):
            return done
    return MOST


async def _step(runtime: Runtime) -> bool:
    """Take the step that is due first; ``False`` if none is."""
    one = None
    try:
        async with runtime.entry() as entry:
            one = await erasures.take(entry)
            if one is not None:
                await STEPS[one.stage](runtime, entry, one)
    except Exception:
        if one is None:
            raise
        log.exception("erasure put off", extra={"erasure": str(one.id), "stage": one.stage})
        async with runtime.entry() as entry:
            await erasures.put_off(entry, one)
    return one is not None


async def close(runtime: Runtime, entry: Entry, one: Erasure) -> None:
    """Destroy the key and end all that is held; from here on there is no way back."""
    default = runtime.settings.default_locale
    receipt = await erasures.seal_receipt(entry, runtime.vault, one, default)
    await locking.close(entry, runtime.vault, one.account_id)
    await erasures.move(entry, one, receipt)


async def tell(runtime: Runtime, entry: Entry, one: Erasure) -> None:
    """Once the services' events are on their way, delete what we keep for the services."""
    whom = f"account:{one.account_id}"
    if not await following.passed(entry, signals.FOLLOWER, kind="AccountClosed", whom=whom):
        await erasures.wait(entry, one)
        return
    theirs = await locking.subjects(entry, runtime.vault, one.account_id)
    # What a sign-on left behind that was under way when the account was closed (RC-17).
    await families.end_for_subjects(entry, theirs, offline_too=True)
    own = pairwise.subject(runtime.vault.pairwise, sectors.OWN, one.account_id)
    await parties.forget(entry, {*theirs, own})
    await erasures.move(entry, one, one.receipt)


async def forget(runtime: Runtime, entry: Entry, one: Erasure) -> None:
    """Delete the account, and send the last mail to where it had its mail."""
    receipt = erasures.receipt(runtime.vault, one)
    await citizens.forget(entry, one.account_id)
    for email in receipt.emails:
        await notices.queue(
            entry,
            runtime.vault,
            template=TEMPLATE,
            locale=receipt.locale,
            email=email,
            fields={
                "reference": str(one.id),
                "day": claim_labels.day(entry.at, receipt.locale),
            },
        )
    await erasures.move(entry, one)


STEPS: Mapping[str, Step] = {
    erasures.WAITING: close,
    erasures.CLOSED: tell,
    erasures.TOLD: forget,
}
