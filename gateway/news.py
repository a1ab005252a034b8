"""News: mail citizens that one of their requests moved, and nothing of what was said.

The mail names no service and no state, and its link opens the sign-in. There is one a day for
a request at most, and few a day whatever number of services report; who stopped sharing with
a service, or left, gets none about it.
"""

from datetime import timedelta
from uuid import UUID

from gateway.runtime import Runtime
from idp import accounts, attempts, identifiers, notices
from idp.errors import TooManyAttempts
from keys import pairwise
from keys.entry import Entry
from relying_parties import consents, requests

TEMPLATE = "request-moved"
WORTH = timedelta(days=1)  # after which the mail is not sent any more


async def tell_citizens(runtime: Runtime) -> int:
    """Queue the mails about what moved since; return how many requests that were."""
    async with runtime.entry() as entry:
        taken = await requests.take_news(entry)
        moved = dict.fromkeys([await _whose(runtime, entry, *each) for each in taken])
        for account_id in moved:
            if account_id is not None:
                await _tell(runtime, entry, account_id)
    return len(taken)


async def _whose(runtime: Runtime, entry: Entry, client_id: str, subject: str) -> UUID | None:
    for consent in await consents.of_subjects(entry, [subject]):
        if consent.client_id == client_id and consent.live(entry.at):
            return pairwise.open_citizen(runtime.vault.sealer, consent.citizen, client_id)
    return None


async def _tell(runtime: Runtime, entry: Entry, account_id: UUID) -> None:
    account = await accounts.find(entry, account_id)
    if account is None or account.status != "open":
        return
    try:
        await attempts.count(entry, "news", account_id.bytes)
    except TooManyAttempts:
        return  # the page shows it all the same
    for email in await identifiers.emails(entry, runtime.vault, account_id):
        await notices.queue(
            entry,
            runtime.vault,
            template=TEMPLATE,
            locale=account.locale or runtime.settings.default_locale,
            email=email,
            fields={},
            expires_at=entry.at + WORTH,
        )
