"""Answers of the protocol's endpoints: JSON that nobody caches, errors as RFC 6749 §5.2."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

from starlette.responses import Response

from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.web.call import Call
from gateway.web.headers import PROTOCOL

Handler = Callable[[Call], Awaitable[Response]]

_PRIVATE = [(name.encode(), value.encode()) for name, value in PROTOCOL.items()]
_HEADERS = [*_PRIVATE, (b"content-type", b"application/json")]
_JWT_HEADERS = [*_PRIVATE, (b"content-type", b"application/jwt")]
_spell = json.JSONEncoder(separators=(",", ":")).encode  # dumps() would make an encoder each time


class _Told(Response):
    """A body, with headers that were spelt once for all answers."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]


def told(content: Mapping[str, Any] | list[Any], status: int = 200) -> Response:
    """Answer with JSON."""
    return _Told(_spell(content).encode(), status, _HEADERS)


def sealed(token: str) -> Response:
    """Answer with a JWT: something signed, encrypted or both."""
    return _Told(token.encode(), 200, _JWT_HEADERS)


def refused(call: Call, refusal: OAuthRefused) -> Response:
    """Answer with an error; a client that used HTTP Basic is asked for it again."""
    content = {"error": refusal.error}
    if refusal.description:
        content["error_description"] = refusal.description
    response = told(content, refusal.status)
    if refusal.status == 401 and call.header("authorization"):
        response.headers["www-authenticate"] = 'Basic realm="token"'
    offer_nonce(response, refusal)
    return response


def offer_nonce(response: Response, refusal: OAuthRefused) -> None:
    """Say with which nonce to come again (RFC 9449 §8)."""
    if isinstance(refusal, ProofRefused) and refusal.nonce:
        response.headers["dpop-nonce"] = refusal.nonce


def protocol(handler: Handler) -> Handler:
    """Let ``handler`` raise its refusals."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        try:
            return await handler(call)
        except OAuthRefused as refusal:
            return refused(call, refusal)

    return answered
