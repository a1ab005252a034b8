"""Whom a stream is about: consent decides, and the service may leave somebody out.

Whoever is added hears no more than before: a service can't follow a citizen by naming them,
and it is not told whether we know them (SSF 1.0 §8.1.3.2 and §10.1).

Specs: SSF 1.0 §8.1.3, RFC 9493 §3.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.api import access
from gateway.api.ssf import streams
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import MANAGE
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.streams import subscriptions
from relying_parties.streams.subscriptions import Stream

ADD, REMOVE = "/ssf/subjects:add", "/ssf/subjects:remove"
# What names a subject besides its format (RFC 9493 §3.2); others mean nobody here.
_FORMATS: Mapping[str, tuple[str, ...]] = {
    "iss_sub": ("iss", "sub"),
    "email": ("email",),
    "phone_number": ("phone_number",),
    "opaque": ("id",),
    "account": ("uri",),
    "uri": ("uri",),
    "did": ("url",),
    "aliases": ("identifiers",),
    "complex": (),
}
_LONGEST = 255


@access.of_service(MANAGE)
async def add(call: Call, client: Client) -> Response:
    """Hear again of a citizen who was left out (§8.1.3.2)."""
    stream, subject = await _named(call, client)
    if subject is not None:
        await subscriptions.include(call.entry, stream, subject)
    return access.empty(200)


@access.of_service(MANAGE)
async def remove(call: Call, client: Client) -> Response:
    """Hear of a citizen no more (§8.1.3.3)."""
    stream, subject = await _named(call, client)
    if subject is not None:
        await subscriptions.exclude(call.entry, stream, subject)
    return access.empty(204)


async def _named(call: Call, client: Client) -> tuple[Stream, str | None]:
    """Return the stream, and the citizen by this service's name for them, if it is one."""
    given = access.body(call)
    stream = await streams.named(call, client, given)
    if not isinstance(given.get("verified", True), bool):
        raise OAuthRefused("invalid_request", "verified is no boolean")
    return stream, _subject(call, given.get("subject"))


def _subject(call: Call, given: Any) -> str | None:
    if not isinstance(given, dict) or given.get("format") not in _FORMATS:
        raise OAuthRefused("invalid_request", "subject is of no format of RFC 9493")
    for member in _FORMATS[given["format"]]:
        value = given.get(member)
        if not isinstance(value, str | list) or not 0 < len(value) <= _LONGEST:
            raise OAuthRefused("invalid_request", f"subject lacks {member}")
    if given["format"] != "iss_sub" or given["iss"] != call.runtime.settings.issuer:
        return None
    sub = given["sub"]
    return sub if isinstance(sub, str) and "\0" not in sub else None
