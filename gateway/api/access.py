"""Who may use an API of ours: a service, with a token of its own, for one of its scopes.

    token ─▶ alive, for this API ─▶ held by whom it is for ─▶ scope ─▶ still registered

A refusal says no more than the status and one word; the handler never runs.

Specs: RFC 6750 §3, RFC 9449 §7, SSF 1.0 §8.1, CAEP Interoperability Profile §2.7.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.responses import Response

from gateway.oauth import answers, client_auth, sender, targets
from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.web.call import Call
from keys import assertions, proofs
from keys.errors import TokenRefused
from relying_parties.clients import Client
from relying_parties.grants import client_tokens

Handler = Callable[[Call], Awaitable[Response]]
Admitted = Callable[[Call, Client], Awaitable[Response]]

_SCHEMES = ("bearer", "dpop")
_ALGS = " ".join(proofs.ALGORITHMS)


def of_service(*scopes: str) -> Callable[[Admitted], Handler]:
    """Let ``handler`` answer a service whose token has one of ``scopes``."""

    def wrap(handler: Admitted) -> Handler:
        @wraps(handler)
        async def answered(call: Call) -> Response:
            try:
                return await handler(call, await _admit(call, scopes))
            except OAuthRefused as refusal:
                return _refused(call, refusal)

        return answered

    return wrap


def body(call: Call) -> dict[str, Any]:
    """Read what was sent as a JSON object.

    :raises OAuthRefused: ``invalid_request``: it is none
    """
    try:
        given = assertions.decode_json(call.body, max_bytes=max(1, len(call.body)))
    except TokenRefused as error:
        raise OAuthRefused("invalid_request", "the body is no JSON") from error
    if not isinstance(given, dict):
        raise OAuthRefused("invalid_request", "the body is no JSON object")
    return given


def empty(status: int) -> Response:
    """Answer without a body."""
    return Response(status_code=status, headers={"cache-control": "no-store"})


async def _admit(call: Call, scopes: tuple[str, ...]) -> Client:
    scheme, token = _given(call)
    own = await client_tokens.find(call.entry, token)
    issuer = call.runtime.settings.issuer
    # What is for another resource opens none of ours (RFC 9700 §2.3).
    if own is None or own.resource != targets.home(issuer, scopes[0]):
        raise OAuthRefused("invalid_token", status=401)
    client: Client | None = await call.runtime.client(own.client_id)
    if client is None or not targets.still(targets.ours(client, issuer), own.resource, own.scope):
        raise OAuthRefused("invalid_token", status=401)
    await sender.check(call, own.cnf, token, scheme)
    if not set(scopes) & set(own.scope.split()):
        needed = f"the token must have the scope {' or '.join(scopes)}"
        raise OAuthRefused("insufficient_scope", needed, 403)
    client_auth.pace(call, client)
    return client


def _given(call: Call) -> tuple[str, str]:
    lines = call.header_lines("authorization")
    scheme, _, token = (lines[0] if len(lines) == 1 else "").partition(" ")
    # Addresses are logged and kept in histories.
    if scheme.lower() not in _SCHEMES or not token.strip() or "access_token" in call.query:
        raise OAuthRefused("invalid_token" if lines else "", status=401)
    return scheme.lower(), token.strip()


def _refused(call: Call, refusal: OAuthRefused) -> Response:
    error, proof = refusal.error, isinstance(refusal, ProofRefused)
    content = {"error": error} if error else {}
    if refusal.description:
        content["error_description"] = refusal.description
    status = 401 if proof else refusal.status
    response = answers.told(content, status)
    if status in (401, 403):
        told = [f'error="{error}"'] if error else []
        # RFC 9449 §7.1: in the way in which the caller tried it.
        keyed = proof or call.header("authorization").lower().startswith("dpop ")
        told += [f'algs="{_ALGS}"'] if keyed else []
        scheme = "DPoP" if keyed else "Bearer"
        response.headers["www-authenticate"] = f"{scheme} {', '.join(told)}".rstrip()
    if status == 429:
        response.headers["retry-after"] = "60"
    answers.offer_nonce(response, refusal)
    return response
