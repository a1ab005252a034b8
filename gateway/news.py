"""News: mail citizens that a request of theirs moved or a detail is questioned, and no more.

And that somebody had a copy of what an app of theirs reads with (RFC 9700 §4.14.2).

The mail names no service, no state and no detail, and its link opens the sign-in. There is one
a day for a request at most, one for a correction, and few a day whatever number of services
report; who stopped sharing with a service, or left, gets none about it.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from gateway import letters
from gateway.runtime import Runtime
from idp import accounts, attempts
from idp.errors import TooManyAttempts
from keys import pairwise
from keys.entry import Entry
from relying_parties import consents, corrections, requests
from relying_parties.grants import copies

WORTH = timedelta(days=1)  # after which the mail is not sent any more
SOURCES = (
    ("request-moved", requests.take_news),
    ("correction-proposed", corrections.take_news),
    ("token-copied", copies.take_news),
)


async def tell_citizens(runtime: Runtime) -> int:
    """Queue the mails about what is new; return how many rows that were."""
    told = 0
    for template, take in SOURCES:
        async with runtime.entry() as entry:
            taken = await take(entry)
            await _tell_all(runtime, entry, template, taken)
        told += len(taken)
    return told


async def _tell_all(
    runtime: Runtime, entry: Entry, template: str, taken: Iterable[tuple[str, str]]
) -> None:
    whose = dict.fromkeys([await _whose(runtime, entry, *each) for each in taken])
    for account_id in whose:
        if account_id is not None:
            await _tell(runtime, entry, template, account_id)


async def _whose(runtime: Runtime, entry: Entry, client_id: str, subject: str) -> UUID | None:
    for consent in await consents.of_subjects(entry, [subject]):
        if consent.client_id == client_id and consent.live(entry.at):
            return pairwise.citizen_of(runtime.vault.sealer, consent.citizen, client_id)
    return None


async def _tell(runtime: Runtime, entry: Entry, template: str, account_id: UUID) -> None:
    account = await accounts.find(entry, account_id)
    if account is None or account.status != "open":
        return
    try:
        await attempts.count(entry, "news", account_id.bytes, template)
    except TooManyAttempts:
        return  # the page shows it all the same
    await letters.write(runtime, entry, account, template, worth_until=entry.at + WORTH)
