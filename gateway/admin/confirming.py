"""Confirming: what does harm if somebody else does it asks for the passkey once more.

    form ──passkey used in the last five minutes──▶ done
      └──longer ago──▶ "Confirm it is you" with the form in it ──passkey──▶ done

What was typed travels in the page, not through the server, so nothing of it is lost and
nothing of it is kept (ASVS 7.5.3; the five minutes: security.md §3).
"""

from datetime import timedelta
from functools import wraps

from starlette.responses import Response

from gateway.admin import arrival
from gateway.admin.office import Officer, Work
from gateway.pages.login import ceremony
from gateway.web import cookies, render
from gateway.web.call import Call
from idp import sessions
from idp.errors import PasskeyRefused

FRESH = timedelta(minutes=5)

_OWN = ("csrf", "passkey", "passkey_error")


def first(handler: Work) -> Work:
    """Let ``handler`` do its work for whoever used their passkey just now, or uses it now."""

    @wraps(handler)
    async def answered(call: Call, officer: Officer) -> Response:
        if call.entry.at - officer.session.auth_time < FRESH:
            return await handler(call, officer)
        if "passkey_error" not in call.form:
            return _page(call)
        if failed := call.form.text("passkey_error"):
            return _page(call, error=ceremony.reason(call, failed))
        try:
            found = await arrival.verified(call, officer.session.account)
        except PasskeyRefused as refused:
            return _page(call, error=ceremony.refusal(call, refused))
        response = await handler(call, officer)
        # Afterwards: a refusal of the handler must not leave a browser with a dead cookie.
        handle = await sessions.rotate(
            call.entry, officer.session, amr=tuple(found.amr), aal=found.aal
        )
        cookies.set_admin(response, handle)
        return response

    return answered


def _page(call: Call, *, error: str = "") -> Response:
    return render.page(
        call,
        "admin/confirm.html",
        status=422 if error else 200,
        kept=[
            (name, value) for name in call.form if name not in _OWN for value in call.form.all(name)
        ],
        back=call.path.rpartition("/")[0].removesuffix("/members"),
        errors={"passkey-button": error} if error else {},
        passkey=ceremony.to_sign_in(call, purpose="admin"),
    )
