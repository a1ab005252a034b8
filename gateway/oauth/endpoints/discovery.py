"""Discovery and the key set: bytes made once, served with an ETag, without the database."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from gateway.oauth import metadata
from gateway.settings import Settings
from gateway.web import caching
from gateway.web.call import Call


async def configuration(call: Call) -> Response:
    """Serve the metadata, the same at both well-known addresses."""
    return made(call, metadata.document)


async def userinfo(call: Call) -> Response:
    """Serve what a client has to know of userinfo (RFC 9728 §3.1)."""
    return made(call, metadata.userinfo)


async def grants(call: Call) -> Response:
    """Serve what a client has to know of the API on its grants (RFC 9728 §3.1)."""
    return made(call, metadata.grants)


async def jwks(call: Call) -> Response:
    """Serve the public keys (RFC 7517)."""
    return caching.public(call, call.runtime.keyring.document, 900)


def made(call: Call, make: Callable[[Settings], dict[str, Any]]) -> Response:
    """Serve what ``make`` says of these settings, which it is asked once."""
    known, name = call.runtime.metadata, f"{make.__module__}.{make.__name__}"
    if name not in known:
        known[name] = metadata.encoded(make(call.runtime.settings))
    return caching.public(call, known[name], 300)
