"""Mails about a change: to every address of the account, not only to who made it."""

from gateway import claim_labels
from gateway.web.call import Call
from idp import identifiers, notices
from idp.accounts import Account


async def tell(call: Call, account: Account, template: str) -> None:
    """Queue the mail ``template`` to every address of ``account``."""
    fields = {"when": claim_labels.day(call.entry.at, call.locale), "device": call.device}
    for email in await identifiers.emails(call.entry, call.runtime.vault, account.id):
        await notices.queue(
            call.entry,
            call.runtime.vault,
            template=template,
            locale=account.locale or call.locale,
            email=email,
            fields=fields,
        )
