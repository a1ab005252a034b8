"""Caching: answers that are the same for everybody, with a tag by which caches ask again."""

import hashlib

from starlette.responses import Response

from gateway.web.call import Call

FOREVER = 31_536_000  # seconds: what can never become another

_COMMON = {
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
}


def public(
    call: Call, body: bytes, seconds: int, kind: str = "application/json", **more: str
) -> Response:
    """Answer with ``body``, or say that the asker has it already.

    :param seconds: how long anyone may keep it without asking again
    :param more: further headers, ``_`` for ``-``
    """
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    keeping = f"public, max-age={seconds}" + (", immutable" if seconds == FOREVER else "")
    headers = {**_COMMON, "content-type": kind, "etag": etag, "cache-control": keeping}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    if _known(call.header("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers)


def _known(given: str, etag: str) -> bool:
    """Whether one of the tags that a cache holds is ours (RFC 9110 §13.1.2): compared weakly."""
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return etag in tags or tags == ["*"]
