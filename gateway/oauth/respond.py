"""RESPONSE_MODES: how an answer reaches the client through the browser.

Every answer names us in ``iss`` (RFC 9207), success or not, and goes to an address that
was compared with the registration before. A mode that ends in ``jwt`` is another one that
carries the answer signed, for its client alone, so that nobody on the way can mix it.

Specs: RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode 1.0, RFC 9207, JARM 1.0.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import quote, urlencode

from starlette.responses import Response

from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web import render
from gateway.web.call import Call
from keys import signing
from relying_parties import redirects, response_types
from relying_parties.clients import Client
from relying_parties.metadata import responses

SIGNED = timedelta(seconds=120)  # for which a signed answer is good; JARM §2.1 allows ten minutes

Mode = Callable[[Call, str, Mapping[str, str]], Response]


_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-length", b"0"),
)


def _query(_call: Call, redirect_uri: str, fields: Mapping[str, str]) -> Response:
    joint = "&" if "?" in redirect_uri else "?"
    return see(redirect_uri + joint + urlencode(fields, quote_via=quote))


def _fragment(_call: Call, redirect_uri: str, fields: Mapping[str, str]) -> Response:
    return see(f"{redirect_uri}#{urlencode(fields, quote_via=quote)}")


def _form_post(call: Call, redirect_uri: str, fields: Mapping[str, str]) -> Response:
    """Send the form by a script of ours, or by its visible button.

    There is no link on the page to itself: its address is the request, which is answered.
    """
    return render.page(
        call,
        "form_post.html",
        form_action=(redirects.origin(redirect_uri),),
        action=redirect_uri,
        fields=fields,
        languages=(),
    )


RESPONSE_MODES: Mapping[str, Mode] = {
    "query": _query,
    "form_post": _form_post,
    "fragment": _fragment,
    "query.jwt": _query,
    "form_post.jwt": _form_post,
    "fragment.jwt": _fragment,
}


def success(
    call: Call, client: Client, asked: AuthorizationRequest, told: dict[str, str]
) -> Response:
    """Hand the client what it asked for."""
    return _write(call, client, asked, told)


def refused(
    call: Call, client: Client, asked: AuthorizationRequest, refusal: OAuthRefused
) -> Response:
    """Tell the client why there is none."""
    told = {"error": refusal.error}
    if refusal.description:
        told["error_description"] = refusal.description
    return _write(call, client, asked, told)


def see(address: str) -> Response:
    """Go on with GET, to an address that is spelt already."""
    return _See(address)


class _See(Response):
    """A redirect, with headers that were spelt once for all of them."""

    def __init__(self, address: str) -> None:
        self.status_code = 303
        self.body = b""
        self.background = None
        self.raw_headers = [(b"location", address.encode("latin-1")), *_HEADERS]


def _write(
    call: Call, client: Client, asked: AuthorizationRequest, told: dict[str, str]
) -> Response:
    if asked.state is not None:
        told["state"] = asked.state
    told["iss"] = call.runtime.settings.issuer
    name = _mode(call, client, asked)
    if name.endswith("jwt"):
        told = {"response": _signed(call, client, told)}
    return RESPONSE_MODES[name](call, asked.redirect_uri, told)


def _mode(call: Call, client: Client, asked: AuthorizationRequest) -> str:
    """Return the mode of an answer; one that would not do is an error, told by the default one."""
    legacy = call.runtime.settings.legacy_response_types
    default = "fragment" if legacy and response_types.by_browser(asked.response_type) else "query"
    name = asked.response_mode
    if name not in responses.RESPONSE_MODES:
        return default
    way = name.removesuffix("jwt").removesuffix(".")
    fragment = legacy and client.registration.profile.front_channel
    if way != "form_post" and not (way == "fragment" and fragment):
        way = default
    return f"{way}.jwt" if name.endswith("jwt") else way


def _signed(call: Call, client: Client, told: Mapping[str, str]) -> str:
    """Sign an answer for its client alone (JARM §2.1)."""
    ends = int((call.entry.at + SIGNED).timestamp())
    claims = {**told, "aud": client.client_id, "exp": ends}
    alg = client.registration.id_token_alg
    return signing.sign(call.runtime.keyring, claims, purpose="token", alg=alg)
