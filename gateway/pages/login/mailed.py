"""Sign in, a page in between: while guesses storm in from everywhere, a code from the mail.

    password right ──known device, or no storm──▶ signed in
          └──new device in a storm──▶ code from the mail ──▶ signed in

Somebody who tries one password on ten thousand addresses, each from another network, is
stopped by no limit of an address or a network. From ten thousand wrong ones in five
minutes on, a password is half of what a new device needs. Nobody is locked out by it:
passkeys and devices of before work as ever (security: RL-04).

The flow of the code begins only with a right password, in the browser that typed it. It
stands for that password until it is used, and no longer than the password is the account's.
"""

from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.create import flow as flows
from gateway.pages.create import start as create
from gateway.pages.create.flow import Flow
from gateway.pages.login import arrive, offer
from gateway.pages.passage import Passage
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import attempts, identifiers
from idp.authenticators import passwords
from idp.errors import TooManyAttempts

PURPOSE = "sign-in"


async def due(call: Call) -> bool:
    """Whether so many wrong passwords are tried that a right one is not enough."""
    try:
        await attempts.check(call.entry, "login-all")
    except TooManyAttempts:
        return True
    return False


async def ask(call: Call, way: Passage, email: str) -> Response:
    """Send the code to the address whose password was right."""
    handle = await create.send(call, email, PURPOSE)
    return see_other(way.address("/login/code", flow=handle))


@stale.page
async def show(call: Call) -> Response:
    """Ask for the code."""
    flow, _ = await _live(call)
    return _page(call, flow)


@stale.page
async def submit(call: Call) -> Response:
    """Check the code, and sign in as the password would have."""
    csrf.check(call)
    flow, account_id = await _live(call)
    if wrong := await flows.check_code(call, flow):
        return _page(call, flow, error=wrong)
    await flows.use(call, flow)
    to = await offer.due(call, flow.way, account_id)
    return await arrive.signed_in(call, flow.way, account_id, amr=("pwd",), aal=1, to=to)


@stale.page
async def again(call: Call) -> Response:
    """Send a new mail; the code before it is dead."""
    csrf.check(call)
    flow, _ = await _live(call)
    await attempts.count(call.entry, "mail-network", call.address)
    handle = await create.send(call, flow.signup.email, PURPOSE)
    return see_other(flow.way.address("/login/code", flow=handle, sent="again"))


async def _live(call: Call) -> tuple[Flow, UUID]:
    """Read the flow, and whose password it stands for.

    :raises stale.DeadEnd: it is over, or the password was changed since
    """
    flow = await flows.of(call, PURPOSE)
    signup, entry = flow.signup, call.entry
    account_id = await identifiers.find_account(entry, call.runtime.vault, signup.email)
    over = signup.proved_at or signup.used_at or signup.expires_at <= entry.at
    if account_id is None or over:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    if not await passwords.unchanged_since(entry, account_id, signup.created_at):
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    return flow, account_id


def _page(call: Call, flow: Flow, *, error: str = "") -> Response:
    why = call.gettext(
        "Many wrong passwords are being tried at this moment,"
        " so a new device needs a code from your email, too."
    )
    return passage.show(
        call,
        flow.way,
        "create/code.html",
        status=422 if error else 200,
        flow=flow.handle,
        recovering=True,
        why=why,
        email=flow.signup.email,
        until=claim_labels.clock(flow.signup.expires_at, call.locale),
        action="/login/code",
        back=flow.way.address("/login"),
        resent=call.query.text("sent") == "again",
        values={"code": call.form.text("code")},
        errors={"code": error} if error else {},
    )
