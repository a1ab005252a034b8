"""Create an account, step 4: a passkey."""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.create import done
from gateway.pages.create import flow as flows
from gateway.pages.login import ceremony
from gateway.web import csrf
from gateway.web.call import Call
from idp import accounts
from idp.authenticators import passkeys
from idp.errors import PasskeyRefused


@stale.page
async def show(call: Call) -> Response:
    """Offer to make a passkey."""
    return await _page(call)


@stale.page
async def submit(call: Call) -> Response:
    """Keep the passkey that the device made, and sign its citizen in."""
    csrf.check(call)
    if failed := call.form.text("passkey_error"):
        return await _page(call, failed=ceremony.reason(call, failed))
    flow = await flows.proved(call)
    account = await accounts.find(call.entry, flows.account(call, flow))
    if account is None:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    await flows.hold(call, flow, account.id)
    try:
        made = await passkeys.enrol(
            call.entry,
            call.runtime.vault,
            account,
            response=ceremony.answer(call),
            browser=call.browser,
            origin=call.runtime.settings.origin,
            rp_id=call.runtime.settings.rp_id,
            device=call.device,
        )
    except PasskeyRefused:
        return await _page(call, failed=call.gettext("This passkey cannot be used here."))
    return await done.finish(call, flow, account.id, amr=made.amr, aal=2)


async def _page(call: Call, *, failed: str = "") -> Response:
    flow = await flows.proved(call)
    account_id = flows.account(call, flow)
    account = await accounts.find(call.entry, account_id)
    if account is None:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    draft = flows.seal(call, flow, account_id)
    options = await ceremony.to_add(call, account, flow.signup.email, upgrade=False)
    return passage.show(
        call,
        flow.way,
        "create/passkey.html",
        status=422 if failed else 200,
        flow=flow.handle,
        draft=draft,
        stage=True,
        failed=failed,
        action="/create/passkey",
        other=flow.way.address("/create/password", flow=flow.handle, draft=draft),
        passkey=options,
    )
