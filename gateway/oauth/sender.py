"""Sender constraint: a token that only the holder of a key can use.

    token request ──bind──▶ Sender ──▶ the token carries its ``cnf``
    resource      ──check─▶ every key that it names is proved, for that very token

Bound once before any grant runs, checked once after any token was found; no grant and no
resource does either by itself. A key is proved by a DPoP proof or by the certificate of
the connection: a row of BINDINGS each.

Specs: RFC 9449 §4.3, §5, §7 to §10; RFC 8705 §3 and §4; FAPI 2.0 Security Profile §5.3.2.1.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.web import certificates
from gateway.web.call import Call
from keys import nonces, proofs, replay
from keys.certificates import current
from keys.errors import CertificateRefused, TokenRefused
from keys.proofs import Proof
from relying_parties.clients import Client

_NONCES = "dpop nonce"
DPOP, CERTIFICATE = "jkt", "x5t#S256"  # members of a confirmation (RFC 9449 §6.1, RFC 8705 §3.1)


@dataclass(frozen=True, slots=True)
class Sender:
    """The key that what is issued will be for; without one, whoever bears it may use it.

    :ivar keys: thumbprints, by the members of a confirmation
    """

    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def cnf(self) -> Mapping[str, str] | None:
        """The confirmation of RFC 7800 §3.1, as tokens keep it and introspection tells it."""
        return self.keys or None

    @property
    def token_type(self) -> str:
        """How a token of this is shown."""
        return token_type(self.cnf)


def token_type(cnf: Mapping[str, str] | None) -> str:
    """RFC 9449 §5; a token that is for a certificate stays a bearer token (RFC 8705 §3)."""
    return "DPoP" if cnf and DPOP in cnf else "Bearer"


async def bind(call: Call, client: Client) -> Sender:
    """Read who holds the key of this request to the token endpoint.

    :raises ProofRefused: ``invalid_dpop_proof``, ``use_dpop_nonce``; or there is none and
        the service's registration wants one
    :raises OAuthRefused: ``invalid_request``: it wants a certificate and there is none
    """
    registration = client.registration
    keys: dict[str, str] = {}
    proof = await offered(call, client)
    if proof is not None:
        keys[DPOP] = proof.jkt
    elif registration.dpop:
        _refuse("this client must prove its key (DPoP)")
    if registration.certificate_bound:
        keys[CERTIFICATE] = _certificate(call) or _uncertified()
    elif registration.profile.require_sender_constraint and proof is None:
        keys[CERTIFICATE] = _certificate(call) or _unbound(call)
    return Sender(keys)


def _unbound(call: Call) -> NoReturn:
    if call.aliased:  # either would do, and this is where certificates are shown
        _uncertified()
    _refuse("this client must prove its key (DPoP)")


def _uncertified() -> NoReturn:
    raise OAuthRefused("invalid_request", "this client must show its certificate")


async def offered(call: Call, client: Client) -> Proof | None:
    """Read the proof of this request, if it brings one, and use it up.

    :raises ProofRefused: it is no good
    """
    if not call.header_lines("dpop"):
        return None
    return await _proof(call, nonce_needed=client.registration.profile.dpop_nonce)


async def check(call: Call, cnf: Mapping[str, str] | None, token: str, scheme: str) -> None:
    """Hold a request with ``token`` to the keys that the token is for.

    :param scheme: of the Authorization header, in small letters
    :raises OAuthRefused: ``invalid_token``: a bound token without its scheme or its
        certificate, or the reverse
    :raises ProofRefused: the proof is no good, or of another key
    """
    if token_type(cnf).lower() != scheme:
        raise OAuthRefused("invalid_token", "the token is for another scheme", 401)
    for member, thumbprint in (cnf or {}).items():
        binding = BINDINGS.get(member)  # what nobody here can check holds for nobody
        if binding is None or await binding(call, token) != thumbprint:
            raise OAuthRefused("invalid_token", "the token is for another key", 401)


async def _by_proof(call: Call, token: str) -> str:
    return (await _proof(call, access_token=token)).jkt


async def _by_certificate(call: Call, _token: str) -> str | None:
    return _certificate(call)


# Who holds the key of a request to a resource, by the member of the confirmation.
BINDINGS: Mapping[str, Callable[[Call, str], Awaitable[str | None]]] = {
    DPOP: _by_proof,
    CERTIFICATE: _by_certificate,
}


def _certificate(call: Call) -> str | None:
    """Return the thumbprint of the certificate that came along, if it is in its time."""
    try:
        shown = certificates.shown(call)
    except CertificateRefused:
        return None
    return shown.thumbprint if shown and current(shown, call.entry.at) else None


async def _proof(
    call: Call, *, access_token: str | None = None, nonce_needed: bool = False
) -> Proof:
    lines = call.header_lines("dpop")
    if len(lines) != 1:  # RFC 9449 §4.3-1
        _refuse("exactly one DPoP header is needed")
    address = f"{call.base}{call.path}"
    at = call.entry.at
    try:
        proof = proofs.read(
            lines[0], method=call.method, address=address, at=at, access_token=access_token
        )
    except TokenRefused as error:
        raise ProofRefused(f"the DPoP proof is refused: {error.reason}") from error
    if nonce_needed or proof.nonce is not None:
        _check_nonce(call, proof)
    if not await replay.claim(call.entry, f"dpop:{proof.jkt}", proof.jti, proof.until):
        _refuse("the DPoP proof was used before")
    return proof


def _check_nonce(call: Call, proof: Proof) -> None:
    key, at = call.runtime.vault.derive(_NONCES), call.entry.at
    if proof.nonce is None:
        raise ProofRefused("a nonce is needed", nonce=nonces.make(key, at))
    if not nonces.good(key, proof.nonce, at):
        raise ProofRefused("the nonce has run out", nonce=nonces.make(key, at))


def _refuse(why: str) -> NoReturn:
    raise ProofRefused(why)
