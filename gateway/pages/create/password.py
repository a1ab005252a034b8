"""Create an account, step 4 the other way: a password."""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.create import done
from gateway.pages.create import flow as flows
from gateway.pages.create.flow import Flow
from gateway.web import csrf
from gateway.web.call import Call
from gateway.web.locale import N_
from idp.authenticators import passwords
from idp.errors import PasswordRefused

REASONS = {
    "short": N_("Password must be at least 15 characters"),
    "long": N_("Password must be at most 1024 characters"),
    "breached": N_("This password is known from thefts elsewhere. Choose another one."),
    "context": N_("Password must not be made of your name, your address or the name of a service"),
}


@stale.page
async def show(call: Call) -> Response:
    """Ask for a password."""
    return _page(call, await flows.proved(call))


@stale.page
async def submit(call: Call) -> Response:
    """Judge the password, hash it while no connection waits, and sign its citizen in."""
    csrf.check(call)
    flow = await flows.proved(call)
    account_id = flows.account(call, flow)
    typed = call.form.text("password")
    if not typed:
        return _page(call, flow, error=call.gettext("Enter a password"))
    try:
        passwords.check_policy(typed, words(call, flow.signup.email))
    except PasswordRefused as refused:
        return _page(call, flow, error=reason(call, refused))
    await call.entry.release()
    hashed = await call.runtime.hasher.hash(typed)
    await flows.hold(call, flow, account_id)
    await passwords.set(call.entry, account_id, hashed)
    return await done.finish(call, flow, account_id, amr=("pwd",), aal=1)


def words(call: Call, email: str) -> tuple[str, ...]:
    """Return what a password must not be made of."""
    return (email, call.runtime.settings.operator)


def reason(call: Call, refused: PasswordRefused) -> str:
    """Say why a password was refused."""
    return call.gettext(REASONS.get(refused.reason, REASONS["breached"]))


def _page(call: Call, flow: Flow, *, error: str = "") -> Response:
    draft = flows.seal(call, flow, flows.account(call, flow))
    return passage.show(
        call,
        flow.way,
        "create/password.html",
        status=422 if error else 200,
        flow=flow.handle,
        draft=draft,
        stage=True,
        action="/create/password",
        back=flow.way.address("/create/passkey", flow=flow.handle, draft=draft),
        email=flow.signup.email,
        errors={"password": error} if error else {},
    )
