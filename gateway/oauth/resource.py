"""What every resource of ours asks of an access token before it answers.

One token, in the header or the form, alive, for this scope, and held by whom it is for.
A refusal says which schemes work, as RFC 6750 §3 and RFC 9449 §7.1 have it.

Specs: RFC 6750 §2 and §3, RFC 9449 §7.
"""

from dataclasses import dataclass

from starlette.responses import Response

from gateway.oauth import answers, sender
from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.web.call import Call
from keys import proofs
from relying_parties.clients import Client
from relying_parties.grants import access_tokens
from relying_parties.grants.access_tokens import Found

_SCHEMES = ("bearer", "dpop")
_ALGS = " ".join(proofs.ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request with a token that works, and the service that sent it."""

    token: Found
    client: Client


async def admit(call: Call, scope: str) -> Admitted:
    """Let a request with a good token in.

    :raises OAuthRefused: for :func:`refused`; without any token it names no error
    """
    scheme, token = _given(call)
    found = await access_tokens.find(call.entry, token)
    client = await call.runtime.client(found.client_id) if found else None
    if found is None or client is None:
        raise OAuthRefused("invalid_token", status=401)
    await sender.check(call, found.cnf, token, scheme)
    if scope not in found.scope.split():
        raise OAuthRefused("insufficient_scope", status=403)
    return Admitted(found, client)


def refused(refusal: OAuthRefused) -> Response:
    """Refuse, and say which schemes would do."""
    error, proof = refusal.error, isinstance(refusal, ProofRefused)
    response = answers.told({"error": error} if error else {}, 401 if proof else refusal.status)
    reason = f' error="{error}"' if error else ""
    bound = f'DPoP{reason}{"," if reason else ""} algs="{_ALGS}"'
    response.headers["www-authenticate"] = bound if proof else f"Bearer{reason}, {bound}"
    answers.offer_nonce(response, refusal)
    return response


def _given(call: Call) -> tuple[str, str]:
    """Return the scheme, in small letters, and the token (RFC 6750 §2).

    :raises OAuthRefused: ``invalid_request`` for two at once or one in the address; no
        error at all, as RFC 6750 §3.1 has it, if there is none
    """
    lines = call.header_lines("authorization")
    scheme, _, token = (lines[0] if lines else "").partition(" ")
    scheme = scheme.lower()
    headed = token.strip() if scheme in _SCHEMES else ""
    posted = call.form.all("access_token")
    # Addresses are logged and kept in histories.
    twice = len(lines) > 1 or len(posted) > 1 or (headed and posted)
    if "access_token" in call.query or twice:
        raise OAuthRefused("invalid_request", "exactly one access token, never in the address")
    if not headed and not posted:
        raise OAuthRefused("", status=401)
    return (scheme, headed) if headed else ("bearer", posted[0])
