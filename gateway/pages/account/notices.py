"""How the citizen is told: by mail, or in the account alone, kind by kind.

What keeps the account safe has no choice: whoever took it over would make it silent.
"""

from starlette.responses import Response

from gateway.pages.account import citizen
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import channels
from idp.errors import ChannelRefused
from idp.sessions import Session

PLACE = "/account/notices"
# What a kind is about, as people say it; one without words fails a test.
WORDS = {
    "requests": N_("When a service asks you something, or you wanted to be reminded of it"),
    "progress": N_("When one of your requests has moved"),
    "corrections": N_("When a service knows a detail otherwise"),
    "sharing": N_("Before something that you share ends"),
    "done": N_("When you begin to share something, or they do what you agreed to beforehand"),
    "security": N_("When somebody signs in, or changes how you sign in"),
}


@citizen.signed_in("notices")
async def show(call: Call, session: Session) -> Response:
    """Show each kind with how it is told."""
    return await _page(call, session)


@citizen.signed_in("notices")
async def save(call: Call, session: Session) -> Response:
    """Write down what was chosen; what the form does not name stays."""
    csrf.check(call)
    kinds = [one.name for one in channels.KINDS if one.silent]
    wishes = {name: call.form.text(name) for name in kinds if call.form.text(name)}
    try:
        await channels.choose(call.entry, session.account.id, wishes)
    except ChannelRefused:
        return await _page(call, session, status=422)
    return see_other(f"{PLACE}?done=saved")


async def _page(call: Call, session: Session, *, status: int = 200) -> Response:
    now = await channels.chosen(call.entry, session.account.id)
    _ = call.gettext
    return citizen.page(
        call,
        "account/notices.html",
        "notices",
        status=status,
        kinds=[
            {
                "name": one.name,
                "text": _(WORDS[one.name]),
                "silent": one.silent,
                "now": now[one.name],
            }
            for one in channels.KINDS
        ],
        ways=[
            {"value": channels.MAIL, "label": _("By email")},
            {"value": channels.ACCOUNT, "label": _("Only here in your account")},
        ],
        done=call.query.text("done") == "saved",
        errors={"": _("Choose one of the ways that stand here")} if status != 200 else {},
    )
