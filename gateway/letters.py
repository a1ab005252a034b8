"""Letters that say that there is something to see, and nothing of what it is.

They go to every address of a citizen. Neither a service nor a detail is named in them, so who
reads somebody's mail learns no more than that there is an account.
"""

from datetime import datetime

from gateway.runtime import Runtime
from idp import channels, identifiers, notices
from idp.accounts import Account
from keys.entry import Entry


async def write(
    runtime: Runtime,
    entry: Entry,
    account: Account,
    template: str,
    *,
    worth_until: datetime | None = None,
) -> None:
    """Queue the letter to each address of ``account``, if it is to be mailed of such things.

    Who is not finds it on its page all the same.

    :param worth_until: after which it is not sent any more
    """
    if not await channels.by_mail(entry, account.id, template):
        return
    for email in await identifiers.emails(entry, runtime.vault, account.id):
        await notices.queue(
            entry,
            runtime.vault,
            template=template,
            locale=account.locale or runtime.settings.default_locale,
            email=email,
            fields={},
            expires_at=worth_until,
        )
