"""What every way of signing in ends with: a session, a cookie, and the way on."""

from uuid import UUID

from starlette.responses import Response

from gateway.oauth import marks, watching
from gateway.pages.account import mails
from gateway.pages.passage import Passage
from gateway.web import cookies
from gateway.web.call import Call, see_other
from idp import devices, sessions, signups
from idp.accounts import Account
from relying_parties import pending


async def signed_in(
    call: Call,
    way: Passage,
    account_id: UUID,
    *,
    amr: tuple[str, ...],
    aal: int,
    to: str | None = None,
) -> Response:
    """Start a session and send the citizen on; the browser's former session ends.

    :param to: a page of ours to see first; it goes on to the same place
    """
    former, keep = await call.session(), False
    if former is not None and former.account.id == account_id:
        handle, session = await sessions.rotate(call.entry, former, amr=amr, aal=aal), former
    else:
        if former is not None:
            await sessions.end(call.entry, former.id)
        session, handle = await sessions.start(
            call.entry, account_id, kind="citizen", amr=amr, aal=aal, device=call.device
        )
        # Whoever comes to an account that is to be deleted may have changed their mind.
        keep = session.account.leaving_at is not None
    if way.i and way.client:
        mark = marks.of(call.runtime, way.client.client_id, session)
        await pending.note(call.entry, way.i, marks.LOGGED_IN, mark)
    response = see_other(way.address("/login/keep") if keep else to or way.onward)
    cookies.set_session(response, handle)
    watching.begin(call, response, session)
    await _know(call, session.account, response)
    return response


async def _know(call: Call, account: Account, response: Response) -> None:
    """Remember the device, and tell the citizen if it is a new one."""
    device = await devices.remember(call.entry, account.id, call.cookie(cookies.DEVICE))
    cookies.set_device(response, device.handle, int(devices.LIFETIME.total_seconds()))
    # A suite that signs in a thousand times, always anew, reads no mail.
    if call.runtime.settings.conformance:
        return
    # Whoever opened the account just now knows where they are.
    if device.new and call.entry.at - account.created_at > signups.LIFETIME:
        await mails.tell(call, account, "new-sign-in")
