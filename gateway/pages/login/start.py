"""Sign in, first page: a passkey by one touch, or an e-mail address.

    start ──passkey──▶ signed in          start ──address──▶ password ──▶ signed in

The address travels to the next page sealed to this browser, so that neither the
address bar nor a log ever holds it. Whether it has an account is told nowhere.
"""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.login import address, ceremony
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import identifiers
from idp.errors import IdentifierInvalid


@stale.page
async def show(call: Call) -> Response:
    """Ask who it is; whoever is signed in already only confirms or goes on."""
    way = await read(call)
    switching = call.query.text("switch") == "yes"
    if await call.session() and not switching:
        return see_other(way.address("/login/confirm") if way.i else way.onward)
    return _page(call, way, username=way.hint)


@stale.page
async def submit(call: Call) -> Response:
    """Take the address, say nothing about it, and ask for the password."""
    csrf.check(call)
    way = await read(call)
    typed = call.form.text("username").strip()
    if not typed:
        return _page(call, way, error=call.gettext("Enter your email address"))
    try:
        email = identifiers.normalise_email(typed)
    except IdentifierInvalid:
        wrong = N_("Enter an email address in the correct format, like name@example.com")
        return _page(call, way, username=typed, error=call.gettext(wrong))
    return see_other(way.address("/login/password", who=address.seal(call, email)))


def _page(call: Call, way: Passage, *, username: str = "", error: str = "") -> Response:
    return passage.show(
        call,
        way,
        "login/start.html",
        status=422 if error else 200,
        values={"username": username},
        errors={"username": error} if error else {},
        ended=call.was_signed_in and call.known_session is None,
        passkey=ceremony.to_sign_in(call, autofill=True),
    )
