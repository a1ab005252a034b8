"""Create an account, step 2: the code from the mail, or its link on any device."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.create import flow as flows
from gateway.pages.create import start
from gateway.pages.create.flow import Flow
from gateway.web import csrf, render
from gateway.web.call import Call, see_other
from idp import attempts, signups
from idp.errors import SignupOver


@stale.page
async def show(call: Call) -> Response:
    """Ask for the code; if the link was opened meanwhile, go on."""
    flow = await flows.of(call)
    if flow.signup.proved_at:
        return see_other(flow.way.address("/create/name", flow=flow.handle))
    return _page(call, flow)


@stale.page
async def submit(call: Call) -> Response:
    """Check the code."""
    csrf.check(call)
    flow = await flows.of(call)
    onward = flow.way.address("/create/name", flow=flow.handle)
    if flow.signup.proved_at:
        return see_other(onward)
    if wrong := await flows.check_code(call, flow):
        return _page(call, flow, error=wrong)
    return see_other(onward)


@stale.page
async def again(call: Call) -> Response:
    """Send a new mail; the code before it is dead."""
    csrf.check(call)
    flow = await flows.of(call)
    await attempts.count(call.entry, "create", call.address)
    handle = await start.send(call, flow.signup.email, "create")
    return see_other(flow.way.address("/create/code", flow=handle, sent="again"))


@stale.page
async def open_link(call: Call) -> Response:
    """Say where it began and ask. Scanners of mail open links: nothing happens yet."""
    try:
        begun = await signups.begun(call.entry, call.path_text("link"))
    except SignupOver as error:
        raise stale.DeadEnd(stale.RUN_OUT) from error
    return render.page(
        call,
        "create/link.html",
        when=claim_labels.clock(begun.at, call.locale),
        device=begun.device or call.gettext("A browser"),
    )


@stale.page
async def follow_link(call: Call) -> Response:
    """Prove the address, so that the browser that started goes on by itself; or end it."""
    csrf.check(call)
    link, stopped = call.path_text("link"), call.form.text("answer") == "no"
    try:
        if stopped:
            await signups.stop(call.entry, link)
        else:
            await signups.prove_by_link(call.entry, link)
    except SignupOver as error:
        raise stale.DeadEnd(stale.RUN_OUT) from error
    return see_other("/create/confirmed?answer=no" if stopped else "/create/confirmed")


async def confirmed(call: Call) -> Response:
    """Send the citizen back to the screen they started on, if it was theirs."""
    stopped = call.query.text("answer") == "no"
    return render.page(call, "create/link_done.html", stopped=stopped)


def _page(call: Call, flow: Flow, *, error: str = "") -> Response:
    return passage.show(
        call,
        flow.way,
        "create/code.html",
        status=422 if error else 200,
        flow=flow.handle,
        email=flow.signup.email,
        until=claim_labels.clock(flow.signup.expires_at, call.locale),
        action="/create/code",
        back=flow.way.address("/create"),
        resent=call.method == "GET" and call.query.text("sent") == "again",
        values={"code": call.form.text("code")},
        errors={"code": error} if error else {},
    )
