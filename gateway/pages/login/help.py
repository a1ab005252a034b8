"""I cannot sign in: one question, then a page that answers it."""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.passage import read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_

# problem → title, sentences, the next step and where it is
ADVICE: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "offered": (
        N_("Your passkey is not offered"),
        (
            N_('Choose "Use a passkey" on the sign-in page, then "another device".'),
            N_("Hold your phone near this device, and follow what it says."),
            N_("A passkey works only at our own address. Check the address of the page."),
        ),
        N_("Back to sign in"),
        "/login",
    ),
    "code": (
        N_("A code or mail does not arrive"),
        (
            N_("Wait five minutes, and look in your spam folder."),
            N_("Check that you typed your address right, then ask for a new code."),
            N_("We send at most three mails in ten minutes, and ten a day."),
        ),
        N_("Ask for a new code"),
        "/login/recover",
    ),
    "stolen": (
        N_("Someone may be in your account"),
        (
            N_("Get back in first. That signs everyone else out."),
            N_("Then look at your passkeys and your activity, and remove what is not yours."),
        ),
        N_("Get back into my account"),
        "/login/recover",
    ),
}


@stale.page
async def show(call: Call) -> Response:
    """Ask what the problem is."""
    way = await read(call)
    return passage.show(call, way, "login/help.html")


@stale.page
async def submit(call: Call) -> Response:
    """Lead to the page that helps."""
    csrf.check(call)
    way = await read(call)
    problem = call.form.text("problem")
    if problem in {"password", "device"}:
        return see_other(way.address("/login/recover"))
    if problem in ADVICE:
        return see_other(way.address("/login/help/" + problem))
    errors = {"problem": call.gettext("Select what the problem is")}
    return passage.show(call, way, "login/help.html", status=422, errors=errors)


@stale.page
async def advise(call: Call) -> Response:
    """Answer one problem."""
    way = await read(call)
    if call.path_text("problem") not in ADVICE:
        raise stale.DeadEnd(stale.RUN_OUT)
    title, sentences, action, path = ADVICE[call.path_text("problem")]
    _ = call.gettext
    return passage.show(
        call,
        way,
        "login/advice.html",
        title=_(title),
        sentences=[_(text) for text in sentences],
        action=_(action),
        href=way.address(path),
    )
