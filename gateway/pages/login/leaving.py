"""What a mailed link tells of an account that is to be deleted, to whoever has the link.

    waiting ──keep──▶ it stays │ under way │ gone

Nothing here names the account or says what was in it. Reading the mail is enough to keep an
account, and not enough for anything else.
"""

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import stale
from gateway.pages.account import mails
from gateway.web import csrf, render
from gateway.web.call import Call, see_other
from gateway.web.ends import End
from gateway.web.locale import N_
from idp import accounts, erasures
from idp.erasures import Erasure
from idp.errors import ErasureOver

UNKNOWN = End(
    404,
    N_("This link is not known"),
    N_("It is not complete, or it is not from us."),
    (N_("Open the link in the mail once more, or copy all of it."),),
)


@stale.page
async def show(call: Call) -> Response:
    """Tell how it stands; nothing changes, since scanners of mail open links."""
    one = await _found(call)
    return render.page(
        call,
        "login/leaving.html",
        stage=one.stage,
        day=claim_labels.day(one.due_at, call.locale),
        since=claim_labels.day(one.moved_at, call.locale),
        reference=str(one.id),
        action=call.path,
    )


@stale.page
async def keep(call: Call) -> Response:
    """Keep the account."""
    csrf.check(call)
    one = await _found(call)
    try:
        await erasures.stop_by_link(call.entry, call.path_text("link"))
    except ErasureOver:  # in another tab, or the days are over: the page says which
        return see_other(call.path)
    account = await accounts.find(call.entry, one.account_id)
    if account is not None:
        await mails.tell(call, account, "account-kept")
    return see_other(call.path)


async def _found(call: Call) -> Erasure:
    one = await erasures.find(call.entry, call.path_text("link"))
    if one is None:
        raise stale.DeadEnd(UNKNOWN)
    return one
