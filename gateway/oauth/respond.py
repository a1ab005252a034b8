"""How answers leave: to the client through the browser, or to the client itself.

Every answer through the browser names us in ``iss`` (RFC 9207), success or not, and goes
to an address that was compared with the registration before.

Specs: RFC 6749 §4.1.2 and §5.2, OAuth 2.0 Form Post Response Mode, RFC 9207.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response

from gateway.oauth.errors import OAuthError, Unanswerable, Unauthorized
from gateway.web import headers, render
from gateway.web.call import Call
from gateway.web.locale import N_
from keys import opaque
from relying_parties import redirects

Handler = Callable[[Call], Awaitable[Response]]

REASON = N_("The service sent us something that we cannot accept.")


def _query(_call: Call, redirect_uri: str, fields: Mapping[str, str]) -> Response:
    joint = "&" if "?" in redirect_uri else "?"
    return see(redirect_uri + joint + urlencode(fields, quote_via=quote))


def _form_post(call: Call, redirect_uri: str, fields: Mapping[str, str]) -> Response:
    return render.page(
        call,
        "form_post.html",
        form_action=(redirects.origin(redirect_uri),),
        action=redirect_uri,
        fields=fields,
    )


RESPONSE_MODES: Mapping[str, Callable[[Call, str, Mapping[str, str]], Response]] = {
    "query": _query,
    "form_post": _form_post,
}


def write(
    call: Call, redirect_uri: str, mode: str | None, state: str | None, **fields: str
) -> Response:
    """Answer the client through the browser.

    :param mode: one that is not offered falls back to the default
    """
    told = dict(fields)
    if state is not None:
        told["state"] = state
    told["iss"] = call.runtime.settings.issuer
    return RESPONSE_MODES.get(mode or "query", _query)(call, redirect_uri, told)


def see(address: str) -> Response:
    """Go on with GET, to an address that is spelt already."""
    return Response(
        status_code=303,
        headers={
            "location": address,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
        },
    )


def page_of(handler: Handler) -> Handler:
    """Let ``handler`` end in a request that can't be answered to anyone but the person."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        try:
            return await handler(call)
        except Unanswerable as error:
            return dead_end(call, error.reason)

    return answered


def dead_end(call: Call, reason: str) -> Response:
    """Tell the person: no redirect, no cookie, a reference to quote."""
    response = render.page(
        call,
        "error.html",
        status=400,
        title=call.gettext(N_("Request cannot be completed")),
        lead=call.gettext(REASON),
        sentences=[call.gettext(N_("Nothing was shared. Go back to the service and try again."))],
        reference=opaque.reference(),
        developer={"error": reason},
        actions=[{"text": call.gettext(N_("Find a service")), "href": "/", "kind": "second"}],
    )
    del response.headers["set-cookie"]
    return response


def told(handler: Handler) -> Handler:
    """Let ``handler`` end in an :class:`OAuthError`, which the client gets as JSON."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        try:
            return await handler(call)
        except OAuthError as error:
            return refusal(error)

    return answered


def refusal(error: OAuthError) -> Response:
    """Spell an error for a client (RFC 6749 §5.2)."""
    body = {"error": error.code}
    if error.hint:
        body["error_description"] = error.hint
    answer = answer_json(body, error.status)
    # Named only to who used it: a browser would open its own dialogue (CA-04).
    if isinstance(error, Unauthorized) and error.basic:
        answer.headers["www-authenticate"] = 'Basic realm="gatehouse", charset="UTF-8"'
    return answer


def answer_json(body: Mapping[str, Any], status: int = 200) -> Response:
    """Answer a client; nothing of it may be kept on the way."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(text, status, {**headers.PROTOCOL, "content-type": "application/json"})
