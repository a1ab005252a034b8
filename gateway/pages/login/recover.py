"""Get back into an account: prove the address, wait if there is much to lose, start anew.

    address ──code──▶ started ──at once, or a day later──▶ new password ──▶ signed in
                         └──the mail's link, any device──▶ stopped

Whether an address has an account is said in the mail only. What continues a recovery is
a cookie of the browser that began it, so neither the address bar nor a mail holds it.
"""

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import ending
from gateway.pages import passage, stale
from gateway.pages.account import mails
from gateway.pages.create import flow as flows
from gateway.pages.create import password as new_password
from gateway.pages.create import start as create
from gateway.pages.create.flow import Flow
from gateway.pages.login import arrive
from gateway.pages.login import password as passwords_page
from gateway.pages.passage import Passage, read
from gateway.web import cookies, csrf, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import accounts, attempts, identifiers, notices, recovery, sessions
from idp.authenticators import passwords
from idp.errors import (
    IdentifierInvalid,
    PasswordRefused,
    RecoveryOver,
    TooManyAttempts,
)


@stale.page
async def show(call: Call) -> Response:
    """Ask for the address."""
    return _ask(call, await read(call))


@stale.page
async def submit(call: Call) -> Response:
    """Send a mail; the page after it is the same for every address."""
    csrf.check(call)
    way = await read(call)
    typed = call.form.text("username").strip()
    try:
        email = identifiers.normalise_email(typed)
    except IdentifierInvalid:
        wrong = N_("Enter an email address in the correct format, like name@example.com")
        return _ask(call, way, typed=typed, error=call.gettext(wrong))
    await attempts.count(call.entry, "mail-network", call.address)
    handle = await create.send(call, email, "recover")
    return see_other(way.address("/login/recover/code", flow=handle))


@stale.page
async def show_code(call: Call) -> Response:
    """Ask for the code."""
    return _code(call, await flows.of(call, "recover"))


@stale.page
async def submit_code(call: Call) -> Response:
    """Check the code and start the recovery."""
    csrf.check(call)
    flow = await flows.of(call, "recover")
    if wrong := await flows.check_code(call, flow):
        return _code(call, flow, error=wrong)
    account_id = await identifiers.find_account(call.entry, call.runtime.vault, flow.signup.email)
    if account_id is None:
        raise stale.DeadEnd(stale.RUN_OUT, flow.way.to)
    await flows.use(call, flow)
    try:
        await attempts.count(call.entry, "recover", account_id.bytes)
    except TooManyAttempts as full:
        said = passwords_page.too_many(call, full)
        return passwords_page.wait(call, full, _code(call, flow, error=said, status=429))
    started = await recovery.start(call.entry, account_id)
    if started.ready_at > call.entry.at:
        # Whoever reads one mailbox of theirs must not be the only one to hear of it.
        for email in await identifiers.emails(call.entry, call.runtime.vault, account_id):
            await _tell(call, email, started)
    response = see_other(flow.way.address("/login/recover/new"))
    lives = started.expires_at - call.entry.at
    cookies.set_recovery(response, started.handle, int(lives.total_seconds()))
    return response


@stale.page
async def again(call: Call) -> Response:
    """Send a new mail; the code before it is dead."""
    csrf.check(call)
    flow = await flows.of(call, "recover")
    await attempts.count(call.entry, "mail-network", call.address)
    handle = await create.send(call, flow.signup.email, "recover")
    return see_other(flow.way.address("/login/recover/code", flow=handle, sent="again"))


@stale.page
async def show_new(call: Call) -> Response:
    """Say how long to wait, or ask for the new password."""
    return await _new(call, await read(call))


@stale.page
async def submit_new(call: Call) -> Response:
    """Set the password, end every session and token of before, and sign in."""
    csrf.check(call)
    way, handle = await read(call), call.cookie(cookies.RECOVERY)
    typed = call.form.text("password")
    found = await _found(call, way)
    try:
        words = await new_password.words(call, found.account_id, way.client)
        passwords.check_policy(typed, words)
    except PasswordRefused as refused:
        return await _new(call, way, error=new_password.reason(call, refused))
    await call.entry.release()
    hashed = await call.runtime.hasher.hash(typed)
    ended = [one.id for one in await sessions.listed(call.entry, found.account_id)]
    try:
        account_id = await recovery.complete(call.entry, handle)
    except RecoveryOver as error:
        raise stale.DeadEnd(stale.RUN_OUT, way.to) from error
    await passwords.set(call.entry, account_id, hashed)
    held = await ending.end_everything(call, account_id, ended)
    account = await accounts.find(call.entry, account_id)
    if account is not None:
        await mails.tell(call, account, "password-changed")
    response = await arrive.signed_in(call, way, account_id, amr=("pwd",), aal=1)
    cookies.clear(response, cookies.RECOVERY)
    return ending.once_more(call, response, held)


@stale.page
async def show_stop(call: Call) -> Response:
    """Ask before stopping: scanners of mail open links."""
    return render.page(call, "login/recover_stop.html", action=call.path)


@stale.page
async def stop(call: Call) -> Response:
    """Stop the recovery for good."""
    csrf.check(call)
    await recovery.cancel(call.entry, call.path_text("cancel"))
    return see_other("/login")


async def _tell(call: Call, email: str, started: recovery.Started) -> None:
    pages = f"{call.runtime.settings.issuer}/login/recover"
    ready = claim_labels.clock(started.ready_at, call.locale)
    await notices.queue(
        call.entry,
        call.runtime.vault,
        template="recovery-started",
        locale=call.locale,
        email=email,
        fields={
            "ready": ready,
            "go_on": f"{pages}/new",
            "cancel": f"{pages}/stop/{started.cancel}",
        },
    )


def _ask(call: Call, way: Passage, *, typed: str = "", error: str = "") -> Response:
    return passage.show(
        call,
        way,
        "login/recover.html",
        status=422 if error else 200,
        values={"username": typed},
        errors={"username": error} if error else {},
    )


def _code(call: Call, flow: Flow, *, error: str = "", status: int = 422) -> Response:
    return passage.show(
        call,
        flow.way,
        "create/code.html",
        status=status if error else 200,
        flow=flow.handle,
        recovering=True,
        email=flow.signup.email,
        until=claim_labels.clock(flow.signup.expires_at, call.locale),
        action="/login/recover/code",
        back=flow.way.address("/login/recover"),
        resent=call.query.text("sent") == "again",
        values={"code": call.form.text("code")},
        errors={"code": error} if error else {},
    )


async def _found(call: Call, way: Passage) -> recovery.Recovery:
    found = await recovery.find(call.entry, call.cookie(cookies.RECOVERY))
    if found is None:
        raise stale.DeadEnd(stale.NOT_HERE, way.to)
    return found


async def _new(call: Call, way: Passage, *, error: str = "") -> Response:
    found = await _found(call, way)
    if found.ready_at > call.entry.at:
        return passage.show(
            call,
            way,
            "login/recover_wait.html",
            ready=claim_labels.clock(found.ready_at, call.locale),
            until=claim_labels.clock(found.expires_at, call.locale),
            here=way.address("/login/recover/new"),
        )
    return passage.show(
        call,
        way,
        "create/password.html",
        status=422 if error else 200,
        action="/login/recover/new",
        errors={"password": error} if error else {},
    )
