"""Discovery and the key set: bytes made once, served with an ETag, without the database."""

import hashlib
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from gateway.oauth import metadata
from gateway.settings import Settings
from gateway.web.call import Call

_COMMON = {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
}


async def configuration(call: Call) -> Response:
    """Serve the metadata, the same at both well-known addresses."""
    return _made(call, metadata.document)


async def userinfo(call: Call) -> Response:
    """Serve what a client has to know of userinfo (RFC 9728 §3.1)."""
    return _made(call, metadata.userinfo)


async def jwks(call: Call) -> Response:
    """Serve the public keys (RFC 7517)."""
    return _cached(call, call.runtime.keyring.document, 900)


def _made(call: Call, make: Callable[[Settings], dict[str, Any]]) -> Response:
    made = call.runtime.metadata
    if make.__name__ not in made:
        made[make.__name__] = metadata.encoded(make(call.runtime.settings))
    return _cached(call, made[make.__name__], 300)


def _cached(call: Call, body: bytes, seconds: int) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {**_COMMON, "etag": etag, "cache-control": f"public, max-age={seconds}"}
    if _known(call.header("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers)


def _known(given: str, etag: str) -> bool:
    """Whether one of the tags that a cache holds is ours (RFC 9110 §13.1.2): compared weakly."""
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return etag in tags or tags == ["*"]
