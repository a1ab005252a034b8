"""Signing out, at the wish of a service or of the citizen (RP-Initiated Logout 1.0).

    arrive ──hint names this very session──────────────▶ ended ──▶ the service, or our page
       └──anything else──▶ confirm ──yes, our own form──▶ ended ──┘
                                   └──no──▶ the account

Where a service wants to hear of it by the browser, our page opens its frame on the way.

Any page can point an image here, so without a hint that fits the session nothing ends
before the citizen says so. Signing out ends what services hold of this session, except
what the citizen lets them use in their absence.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.responses import Response

from gateway.oauth import ending, frontchannel, hints, respond, watching
from gateway.oauth.frontchannel import Left, Named
from gateway.oauth.refusals import PageRefused
from gateway.web import cookies, csrf, leaving, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from gateway.web.params import Params
from idp import sessions
from idp.sessions import Session
from keys import opaque, pairwise
from keys.errors import TokenRefused
from relying_parties import redirects
from relying_parties.clients import Client

_FIELDS = ("client_id", "post_logout_redirect_uri", "state")
_NOBODY = Left()
_LONG = 6000  # a posted request beyond this does not fit into an address


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked.

    :ivar sid: the session that a genuine hint names
    :ivar onward: a registered address to go to afterwards, ``state`` included
    """

    client: Client | None
    sid: str
    onward: str
    fields: dict[str, str]


async def arrive(call: Call) -> Response:
    """End the session if the hint fits it, else ask."""
    try:
        wish = await _read(call, call.query)
    except PageRefused as refusal:
        return _refused(call, refusal)
    session = await call.session()
    if session is None:
        return _done(call, wish)
    key = call.runtime.vault.pairwise
    if wish.client and wish.sid:
        own = pairwise.sid(key, wish.client.client_id, session.id)
        if opaque.same(own, wish.sid):
            return await _end(call, wish, session)
    return _confirm(call, wish)


async def answer(call: Call) -> Response:
    """Take the citizen's answer; a service's own POST starts over as GET."""
    if "answer" not in call.form:
        query = urlencode([(name, call.form.text(name)) for name in call.form], quote_via=quote)
        # Posted from another site it came without the session's cookie.
        return see_other(f"/logout?{query}" if len(query) <= _LONG else "/logout")
    csrf.check(call)
    if call.form.text("answer") != "yes":
        return see_other("/account")
    try:
        wish = await _read(call, call.form)
    except PageRefused as refusal:
        return _refused(call, refusal)
    session = await call.session()
    return await _end(call, wish, session) if session else _done(call, wish)


async def _read(call: Call, given: Params) -> Wish:
    hint, named = given.text("id_token_hint"), given.text("client_id")
    sid = ""
    if hint:
        try:
            told = hints.read(call, hint)  # one that has expired still tells who asks
        except TokenRefused as error:
            raise PageRefused("invalid_request", "id_token_hint is not ours") from error
        if named and told.get("aud") != named:
            raise PageRefused("invalid_request", "id_token_hint is another client's")
        named, sid = str(told.get("aud", "")), str(told.get("sid", ""))
    client = await call.runtime.client(named) if named else None
    fields = {name: given.text(name) for name in _FIELDS if given.text(name)}
    return Wish(client, sid, _onward(client, fields), fields)


def _onward(client: Client | None, fields: dict[str, str]) -> str:
    uri = fields.get("post_logout_redirect_uri", "")
    # Nobody is sent to a service that was switched off (RFC 9700 §4.11).
    if client is None or not client.live:
        return ""
    if uri not in client.registration.post_logout_redirect_uris:
        return ""
    if "state" not in fields:
        return uri
    joint = "&" if "?" in uri else "?"
    return f"{uri}{joint}{urlencode({'state': fields['state']}, quote_via=quote)}"


async def _end(call: Call, wish: Wish, session: Session) -> Response:
    await sessions.end(call.entry, session.id)
    held = await ending.end(call, session.account.id, [session.id])
    left = await frontchannel.left(call, held)
    response = leaving.sign_out(_done(call, wish, left), cookies.SESSION)
    watching.end(call, response)
    return ending.once_more(call, response, held)


def _confirm(call: Call, wish: Wish) -> Response:
    return render.page(
        call,
        "logout/confirm.html",
        form_action=(redirects.origin(wish.onward),) if wish.onward else (),
        to=_to(call, wish),
        fields=wish.fields,
    )


def _done(call: Call, wish: Wish, left: Left = _NOBODY) -> Response:
    if wish.onward and not left.frames:
        return respond.see(wish.onward)
    response = render.page(
        call,
        "logout/done.html",
        frame_src=left.origins,
        session=None,
        to=_to(call, wish),
        left=left,
        go=wish.onward,
    )
    if wish.onward:  # as a header, because no browser and no reader takes it for a page that moves
        response.headers["refresh"] = f"{frontchannel.PATIENCE}; url={wish.onward}"
    return response


def _to(call: Call, wish: Wish) -> Named | None:
    return frontchannel.named(call, wish.client) if wish.client else None


def _refused(call: Call, refusal: PageRefused) -> Response:
    return render.page(
        call,
        "error.html",
        status=400,
        title=call.gettext(N_("Request cannot be completed")),
        lead=call.gettext(N_("There is a problem with the link that brought you here.")),
        reference=opaque.reference(),
        developer={"error": refusal.error, "because": refusal.description},
        actions=[{"text": call.gettext(N_("Sign out here")), "href": "/logout"}],
    )
