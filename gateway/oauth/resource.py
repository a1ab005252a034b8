"""What every resource of ours asks of an access token before it answers.

One token, in the header or the form, alive, for this scope, held by whom it is for, and of
a sign-in that is strong and fresh enough for what is asked. A refusal says which schemes
work, where the resource is described, and which sign-in would do.

Specs: RFC 6750 §2 and §3, RFC 9449 §7, RFC 9470 §3, RFC 9728 §5.1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from gateway.oauth import answers, sender
from gateway.oauth.refusals import OAuthRefused, ProofRefused, SignInRefused
from gateway.web.call import Call
from idp import assurance
from keys import proofs
from relying_parties.clients import Client
from relying_parties.grants import access_tokens, client_tokens
from relying_parties.grants.access_tokens import Found

_SCHEMES = ("bearer", "dpop")
_ALGS = " ".join(proofs.ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request with a token that works, and the service that sent it."""

    token: Found
    client: Client


@dataclass(frozen=True, slots=True)
class Demand:
    """What the sign-in behind a token must be.

    :ivar acr: one of :data:`idp.assurance.ACRS`; what is stronger does as well
    :ivar max_age: of the sign-in itself, which no refresh makes younger
    """

    acr: str | None = None
    max_age: timedelta | None = None


ANY = Demand()


async def admit(call: Call, scope: str, demand: Demand = ANY) -> Admitted:
    """Let a request with a good token in.

    :raises OAuthRefused: for :func:`refused`; without any token it names no error
    :raises SignInRefused: the sign-in is not what ``demand`` says
    """
    scheme, token = given(call)
    found = await access_tokens.find(call.entry, token)
    client = await call.runtime.client(found.client_id) if found else None
    # What is for another resource opens none of ours (RFC 9700 §2.3).
    if found is None or client is None or found.resource is not None:
        raise OAuthRefused("invalid_token", status=401)
    await sender.check(call, found.cnf, token, scheme)
    if scope not in found.scope.split():
        raise OAuthRefused("insufficient_scope", status=403)
    _suffices(found, demand, call.entry.at)
    return Admitted(found, client)


async def admit_service(call: Call, scope: str, api: str) -> Client:
    """Let a service in that acts in its own name, with a token for ``api``.

    :raises OAuthRefused: for :func:`refused`; a citizen's token is none of these
    """
    scheme, token = given(call)
    found = await client_tokens.find(call.entry, token)
    client: Client | None = await call.runtime.client(found.client_id) if found else None
    if found is None or client is None or found.resource != api:
        raise OAuthRefused("invalid_token", status=401)
    await sender.check(call, found.cnf, token, scheme)
    if scope not in found.scope.split():
        raise OAuthRefused("insufficient_scope", status=403)
    return client


def refused(call: Call, refusal: OAuthRefused, path: str = "") -> Response:
    """Refuse, and say which schemes and which sign-in would do.

    :param path: of the resource, if it is not that of the request
    """
    error, proof = refusal.error, isinstance(refusal, ProofRefused)
    response = answers.told({"error": error} if error else {}, 401 if proof else refusal.status)
    told = [f"error={_quoted(error)}"] if error else []
    told += _better(refusal) if isinstance(refusal, SignInRefused) else []
    told.append(f"resource_metadata={_quoted(_described(call, path))}")  # RFC 9728 §5.1
    bearer = f"Bearer {', '.join(told)}"
    bound = f"DPoP {', '.join([*told, f'algs={_quoted(_ALGS)}'])}"
    response.headers["www-authenticate"] = bound if proof else f"{bearer}, {bound}"
    answers.offer_nonce(response, refusal)
    return response


def _suffices(found: Found, demand: Demand, at: datetime) -> None:
    weak = demand.acr is not None and not assurance.at_least(found.acr, demand.acr)
    old = demand.max_age is not None and at - found.auth_time > demand.max_age
    if weak or old:
        seconds = None if demand.max_age is None else int(demand.max_age.total_seconds())
        raise SignInRefused(acr=demand.acr, max_age=seconds)


def _better(refusal: SignInRefused) -> list[str]:
    """Say what to ask for at the authorization endpoint (RFC 9470 §3)."""
    told = [f"error_description={_quoted(refusal.description)}"]
    if refusal.acr is not None:
        told.append(f"acr_values={_quoted(refusal.acr)}")
    if refusal.max_age is not None:
        told.append(f"max_age={_quoted(str(refusal.max_age))}")
    return told


def _described(call: Call, path: str) -> str:
    # RFC 9728 §3.1: between the host and the path of the resource.
    return f"{call.runtime.settings.issuer}/.well-known/oauth-protected-resource{path or call.path}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def given(call: Call) -> tuple[str, str]:
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
