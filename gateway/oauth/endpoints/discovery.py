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
    return _made(call, metadata.document)


async def userinfo(call: Call) -> Response:
    """Serve what a client has to know of userinfo (RFC 9728 §3.1)."""
    return _made(call, metadata.userinfo)


async def jwks(call: Call) -> Response:
    """Serve the public keys (RFC 7517)."""
    return caching.public(call, call.runtime.keyring.document, 900)


def _made(call: Call, make: Callable[[Settings], dict[str, Any]]) -> Response:
    made = call.runtime.metadata
    if make.__name__ not in made:
        made[make.__name__] = metadata.encoded(make(call.runtime.settings))
    return caching.public(call, made[make.__name__], 300)
