"""Sender constraint: a token that only the holder of a key can use.

    token request ──bind──▶ Sender ──▶ the token carries its ``cnf``
    resource      ──check─▶ the proof is of that very key, for that very token

Bound once before any grant runs, checked once after any token was found; no grant and no
resource does either by itself.

Specs: RFC 9449 §4.3, §5, §7 to §10; FAPI 2.0 Security Profile §5.3.2.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.web.call import Call
from keys import nonces, proofs, replay
from keys.errors import TokenRefused
from keys.proofs import Proof
from relying_parties.clients import Client

_NONCES = "dpop nonce"


@dataclass(frozen=True, slots=True)
class Sender:
    """The key that what is issued will be for; without one, whoever bears it may use it."""

    jkt: str | None = None

    @property
    def cnf(self) -> Mapping[str, str] | None:
        """The confirmation of RFC 7800 §3.1, as tokens keep it and introspection tells it."""
        return {"jkt": self.jkt} if self.jkt else None

    @property
    def token_type(self) -> str:
        """RFC 9449 §5."""
        return "DPoP" if self.jkt else "Bearer"


async def bind(call: Call, client: Client) -> Sender:
    """Read who holds the key of this request to the token endpoint.

    :raises ProofRefused: ``invalid_dpop_proof``, ``use_dpop_nonce``; or there is none and
        the service's registration wants one
    """
    proof = await offered(call, client)
    if proof is None and client.registration.bound:
        _refuse("this client must prove its key (DPoP)")
    return Sender(proof.jkt if proof else None)


async def offered(call: Call, client: Client) -> Proof | None:
    """Read the proof of this request, if it brings one, and use it up.

    :raises ProofRefused: it is no good
    """
    if not call.header_lines("dpop"):
        return None
    return await _proof(call, nonce_needed=client.registration.profile.dpop_nonce)


async def check(call: Call, cnf: Mapping[str, str] | None, token: str, scheme: str) -> None:
    """Hold a request with ``token`` to the key that the token is for.

    :param scheme: of the Authorization header, in small letters
    :raises OAuthRefused: ``invalid_token``: a bound token without its scheme, or the reverse
    :raises ProofRefused: the proof is no good, or of another key
    """
    if (cnf is not None) != (scheme == "dpop"):
        raise OAuthRefused("invalid_token", "the token is for another scheme", 401)
    if cnf is None:
        return
    proof = await _proof(call, access_token=token)
    if proof.jkt != cnf.get("jkt"):
        raise OAuthRefused("invalid_token", "the token is for another key", 401)


async def _proof(
    call: Call, *, access_token: str | None = None, nonce_needed: bool = False
) -> Proof:
    lines = call.header_lines("dpop")
    if len(lines) != 1:  # RFC 9449 §4.3-1
        _refuse("exactly one DPoP header is needed")
    address = f"{call.runtime.settings.issuer}{call.path}"
    at = call.entry.at
    try:
        proof = proofs.read(
            lines[0], method=call.method, address=address, at=at, access_token=access_token
        )
    except TokenRefused as error:
        raise ProofRefused(f"the DPoP proof is refused: {error.reason}") from error
    key = call.runtime.vault.derive(_NONCES)
    if nonce_needed and proof.nonce is None:
        raise ProofRefused("a nonce is needed", nonce=nonces.make(key, at))
    if proof.nonce is not None and not nonces.good(key, proof.nonce, at):
        raise ProofRefused("the nonce has run out", nonce=nonces.make(key, at))
    if not await replay.claim(call.entry, f"dpop:{proof.jkt}", proof.jti, proof.until):
        _refuse("the DPoP proof was used before")
    return proof


def _refuse(why: str) -> NoReturn:
    raise ProofRefused(why)
