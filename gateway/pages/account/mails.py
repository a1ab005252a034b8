"""Mails about a change: to every address of the account, not only to who made it."""

from gateway import claim_labels
from gateway.web.call import Call
from idp import identifiers, notices
from idp.accounts import Account


async def tell(call: Call, account: Account, template: str, **more: str) -> None:
    """Queue the mail ``template`` to every address of ``account``."""
    locale = account.locale or call.locale
    fields = {"when": claim_labels.day(call.entry.at, locale), "device": call.device, **more}
    for email in await identifiers.emails(call.entry, call.runtime.vault, account.id):
        await notices.queue(
            call.entry,
            call.runtime.vault,
            template=template,
            locale=locale,
            email=email,
            fields=fields,
        )
