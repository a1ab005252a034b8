"""Signing in on a device that has no browser: its code is typed here, on another one.

    code typed ──▶ interaction ──▶ was it you? ──yes──▶ /authorize/{i} ──…──▶ done
      │  wrong, used, run out: said, and counted   └──no──▶ the device is told no ──▶ done
      └─ too many tries: a wait

Whoever is sent a code by somebody else lets that somebody in. So before anything else the
page says which service it is, what is known of the device and of where it is, and asks
whether the reader began it there; a link with the code in it skips nothing of this.

Specs: RFC 8628 §3.3, §5.1 and §5.4, RFC 10027.
"""

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import devices, marks
from gateway.pages import passage, stale
from gateway.pages.login import password
from gateway.pages.passage import Passage
from gateway.web import csrf, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attempts
from idp.errors import TooManyAttempts
from keys import opaque
from relying_parties import pending
from relying_parties.grants import device_codes
from relying_parties.grants.device_codes import DENIED, LENGTH, WAITING, Waiting

WRONG = N_("This code is not right. Compare it with the one on your device")
RUN_OUT = N_("This code has run out. Start again on your device: it shows you a new one")
USED = N_("This code was used already. Start again on your device: it shows you a new one")


async def show(call: Call) -> Response:
    """Ask for the code; one that came in a link stands there to be compared."""
    code = device_codes.typed(call.query.text("user_code")[:40])
    linked = len(code) == LENGTH
    return _page(call, device_codes.spelled(code) if linked else "", linked=linked)


async def submit(call: Call) -> Response:
    """Look for the device with this code."""
    csrf.check(call)
    given = call.form.text("user_code").strip()[:40]
    if not given:
        return _page(call, "", error=call.gettext("Enter the code that your device shows"))
    limits = _limits(call)
    try:
        # Counted before it is looked for: of any number at once, so many are answered.
        await attempts.count_all(call.entry, *limits)
    except TooManyAttempts as stop:
        page = _page(call, given, error=password.too_many(call, stop), status=429)
        return password.wait(call, stop, page)
    found = await device_codes.by_user_code(
        call.entry, devices.key(call), device_codes.typed(given)
    )
    if wrong := _wrong(call, found):
        return _page(call, given, error=call.gettext(wrong))
    await attempts.undo_all(call.entry, *limits)
    return await _open(call, found) if found else see_other("/device")


@stale.page
async def ask(call: Call) -> Response:
    """Say what is known of the device, and ask whether they began it."""
    way = await _way(call)
    found = await device_codes.find(call.entry, str(way.request["device"]))
    return _question(call, way, found)


@stale.page
async def answer(call: Call) -> Response:
    """Go on, or tell the device no."""
    csrf.check(call)
    way = await _way(call)
    said = call.form.text("answer")
    if said == "no":
        await pending.note(call.entry, way.i, "declined", "device")
        return see_other(way.onward)
    if said != "yes":
        return see_other(f"/device/{way.i}")
    await pending.note(call.entry, way.i, marks.BEGUN, True)
    return see_other(way.onward)


@stale.page
async def done(call: Call) -> Response:
    """Send the citizen back to their device."""
    found = await pending.find(call.entry, call.path_text("interaction"), call.browser)
    name = str(found.request.get("device") or "") if found else ""
    client = await call.runtime.client(found.client_id) if found else None
    device = await device_codes.find(call.entry, name) if name else None
    if device is None or device.state == WAITING or client is None:
        raise stale.DeadEnd(stale.UNKNOWN)
    return render.page(
        call,
        "device/done.html",
        service=passage.arrival(client, call.locale),
        denied=device.state == DENIED,
    )


def _limits(call: Call) -> list[attempts.Limit]:
    # A network that many share comes second, and has more tries than one browser.
    return [("device", (opaque.digest(call.browser),)), ("device-network", (call.address,))]


def _wrong(call: Call, found: Waiting | None) -> str:
    if found is None:
        return WRONG
    if found.state != WAITING:
        return USED
    return RUN_OUT if found.expires_at <= call.entry.at else ""


async def _open(call: Call, found: Waiting) -> Response:
    handle = await pending.open(
        call.entry, request=found.request, client_id=found.client_id, browser=call.browser
    )
    return see_other(f"/device/{handle}")


async def _way(call: Call) -> Passage:
    """Read the way that the request is on.

    :raises stale.DeadEnd: it is over, not this browser's, or of no device
    """
    way = await passage.of(call, call.path_text("interaction"))
    if not way.request.get("device"):
        raise stale.DeadEnd(stale.UNKNOWN)
    return way


def _question(call: Call, way: Passage, found: Waiting | None) -> Response:
    if found is None or _wrong(call, found):
        raise stale.DeadEnd(stale.CODE_OVER)
    return passage.show(
        call,
        way,
        "device/confirm.html",
        device=found.device,
        near=None if found.network is None else opaque.same(found.network, devices.network(call)),
        when=claim_labels.clock(found.created_at, call.locale),
    )


def _page(
    call: Call, code: str, *, linked: bool = False, error: str = "", status: int = 422
) -> Response:
    return render.page(
        call,
        "device/code.html",
        status=status if error else 200,
        values={"user_code": code},
        linked=linked,
        errors={"user_code": error} if error else {},
    )
