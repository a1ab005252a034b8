"""Which account: for a service that lets the citizen choose before it signs anybody on.

    asked ──continue──▶ noted, for this very session ──▶ /authorize/{i}
      └──another account──▶ /login, which signs somebody in ──▶ /authorize/{i}

Specs: OpenID Connect Core §3.1.2.1 (``prompt=select_account``).
"""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import marks
from gateway.pages import passage, stale
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import attributes, identifiers
from idp.sessions import Session
from keys import opaque
from relying_parties import pending


@stale.page
async def show(call: Call) -> Response:
    """Offer the account that is signed in here, and any other."""
    way = await read(call)
    session = await call.session()
    if way.client is None or session is None:
        return see_other(way.address("/login") if session is None else way.onward)
    return passage.show(call, way, "login/choose.html", **await _about(call, way, session))


@stale.page
async def submit(call: Call) -> Response:
    """Take the choice; it is about who was shown, whoever is signed in by now."""
    csrf.check(call)
    way = await read(call)
    session = await call.session()
    if call.form.text("answer") == "other":
        return see_other(way.address("/login", switch="yes"))
    if session is None or not opaque.same(call.form.text("as"), _mark(call, way, session)):
        return see_other(way.address("/login/choose"))
    await pending.note(call.entry, way.i, marks.CHOSEN, _mark(call, way, session))
    return see_other(way.onward)


def _mark(call: Call, way: Passage, session: Session) -> str:
    return marks.of(call.runtime, way.client.client_id if way.client else "", session)


async def _about(call: Call, way: Passage, session: Session) -> dict[str, Any]:
    entry, vault, account = call.entry, call.runtime.vault, session.account
    known = await identifiers.emails(entry, vault, account.id)
    name = (await attributes.read(entry, vault, account.id, ("name",))).get("name")
    _, locale = call.gettext, call.locale
    said = {"when": claim_labels.clock(session.auth_time, locale)}
    passkey = _("Signed in with a passkey on %(when)s") % said
    return {
        "mark": _mark(call, way, session),
        "name": claim_labels.text("name", name.value, locale=locale, _=_) if name else "",
        "email": _short(known[0]) if known else "",
        "how": passkey
        if session.phishing_resistant
        else _("Signed in with a password on %(when)s") % said,
    }


def _short(email: str) -> str:
    """Leave of an address what its owner knows it by, and a stranger behind them does not."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}…{at}{domain}"
