"""Create an account, step 1: the address. Known or not, the answer is the same page."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.passage import Passage, read
from gateway.web import cookies, csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attempts, devices, identifiers, notices, signups
from idp.errors import IdentifierInvalid, TooManyAttempts
from keys import opaque

_TEMPLATES = {
    ("create", False): "create-code",
    ("create", True): "create-known",
    ("recover", True): "recover-code",
    ("recover", False): "recover-unknown",
    ("sign-in", True): "sign-in-code",
    ("sign-in", False): "recover-unknown",
}


@stale.page
async def show(call: Call) -> Response:
    """Ask for the address."""
    way = await read(call)
    return _page(call, way, typed=way.hint)


@stale.page
async def submit(call: Call) -> Response:
    """Send a mail, and ask for what it says."""
    csrf.check(call)
    way = await read(call)
    typed = call.form.text("username").strip()
    if not typed:
        return _page(call, way, error=call.gettext("Enter your email address"))
    try:
        email = identifiers.normalise_email(typed)
    except IdentifierInvalid:
        wrong = N_("Enter an email address in the correct format, like name@example.com")
        return _page(call, way, typed=typed, error=call.gettext(wrong))
    await attempts.count(call.entry, "create", call.address)
    flow = await send(call, email, "create")
    return see_other(way.address("/create/code", flow=flow))


async def send(call: Call, email: str, purpose: str) -> str:
    """Start proving ``email`` and queue its mail; return the handle of the flow.

    :param purpose: ``create``, ``recover`` or ``sign-in``

    Past the limit no mail goes out and nothing says so: whoever floods somebody else's
    address learns nothing, and its owner gets no more mail but what they ask for themselves.
    """
    entry, vault = call.entry, call.runtime.vault
    browser = opaque.digest(call.browser)
    started = await signups.start(
        entry, vault, email=email, browser=browser, purpose=purpose, device=call.device
    )
    try:
        await _count(call, email, purpose)
    except TooManyAttempts:
        await signups.mute(entry, started.handle)
        return started.handle
    until = claim_labels.clock(entry.at + signups.LIFETIME, call.locale)
    fields = {"code": started.code, "until": until, "link": link(call, started.link)}
    await notices.queue(
        entry,
        vault,
        template=_TEMPLATES[purpose, started.known],
        locale=call.locale,
        # The page shows what was typed: only whoever reads the mail learns how it is kept.
        email=await identifiers.as_proved(entry, vault, email),
        fields=fields if started.known is (purpose != "create") else {},
        expires_at=entry.at + signups.LIFETIME,
    )
    return started.handle


async def _count(call: Call, email: str, purpose: str) -> None:
    """Count a mail; strangers use up no mail of whoever is at home or knows the password."""
    lookup = identifiers.lookup(call.runtime.vault, email)
    device = opaque.digest(call.cookie(cookies.DEVICE))
    whom: tuple[str | bytes, ...] = (lookup,)
    if purpose == "sign-in":
        whom = (lookup, purpose)
    elif await devices.knows(call.entry, lookup, device):
        whom = (lookup, device)
    for rule in ("mail", "mail-day"):
        await attempts.count(call.entry, rule, *whom)


def link(call: Call, secret: str) -> str:
    """Return the address that proves by link."""
    return f"{call.runtime.settings.issuer}/create/link/{secret}"


def _page(call: Call, way: Passage, *, typed: str = "", error: str = "") -> Response:
    return passage.show(
        call,
        way,
        "create/start.html",
        status=422 if error else 200,
        values={"username": typed},
        errors={"username": error} if error else {},
    )
