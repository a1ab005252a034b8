"""The authorization code grant: a code, proved by PKCE, becomes tokens, once.

Specs: RFC 6749 §4.1.3, RFC 7636 §4.6, OpenID Connect Core §3.1.3.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.oauth import audiences, id_tokens, managed, rich
from gateway.oauth.audiences import Held
from gateway.oauth.refusals import REFUSED_GRANT, OAuthRefused
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from keys.opaque import unpadded
from relying_parties.clients import Client
from relying_parties.errors import CodeReplayed
from relying_parties.grants import codes, refresh_tokens
from relying_parties.grants.codes import Redeemed

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Proof:
    """A code and what must come with it."""

    code: str = field(repr=False)
    redirect_uri: str
    challenge: str | None = field(repr=False)


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Redeem the code of the form.

    :raises OAuthRefused: ``invalid_grant`` whatever is wrong with it, so nothing can be probed
    """
    form = call.form
    if not form.text("code"):
        raise OAuthRefused("invalid_request", "code is missing")
    proof = Proof(
        form.text("code"), form.text("redirect_uri"), _challenge(form.text("code_verifier"))
    )
    return await tokens_of(call, client, sender, proof)


async def tokens_of(call: Call, client: Client, sender: Sender, proof: Proof) -> dict[str, Any]:
    """Use up what ``proof`` proves, once, and answer with its tokens.

    :raises OAuthRefused: ``invalid_grant`` whatever is wrong with it, so nothing can be probed
    """
    target = await audiences.of_code(call, client, proof.code)
    wanted = await rich.of_code(call, client, proof.code)
    try:
        redeemed = await codes.redeem(
            call.entry,
            proof.code,
            client_id=client.client_id,
            redirect_uri=proof.redirect_uri,
            challenge=proof.challenge,
            token_lives=client.registration.profile.access_token_ttl,
            cnf=sender.cnf,
        )
    except CodeReplayed as error:
        raise OAuthRefused("invalid_grant", REFUSED_GRANT) from error
    if redeemed is None:
        raise OAuthRefused("invalid_grant", REFUSED_GRANT)
    if wanted is not None:
        reads = await rich.narrow(call, redeemed.access_token, redeemed, wanted)
        redeemed = replace(redeemed, details=wanted, claims=reads)
    held = await audiences.held(call, redeemed, client, target, sender.cnf)
    return await _answer(call, client, redeemed, sender, held)


async def _answer(
    call: Call, client: Client, redeemed: Redeemed, sender: Sender, held: Held
) -> dict[str, Any]:
    entry = call.entry
    answer = {
        "access_token": held.access_token,
        "expires_in": int((redeemed.expires_at - entry.at).total_seconds()),
        "scope": held.scope,
        **held.details,
        **managed.told(redeemed.consent_id, named=redeemed.managed),
    }
    if id_tokens.due(redeemed.scope):
        answer["id_token"] = await id_tokens.sign(
            call, client, redeemed, held, nonce=redeemed.nonce
        )
    if redeemed.offline and redeemed.consent_expires_at:
        answer["refresh_token"] = await refresh_tokens.start(
            entry,
            code=redeemed.code,
            client_id=client.client_id,
            scope=redeemed.scope,
            expires_at=redeemed.consent_expires_at,
            # RFC 9449 §5, RFC 8705 §4: who authenticates otherwise may change the key.
            cnf=sender.cnf if client.registration.public else None,
        )
    return answer


def _challenge(verifier: str) -> str | None:
    """Return what the verifier proves; one of a wrong shape proves nothing that was asked."""
    if not verifier:
        return None
    if not _VERIFIER.fullmatch(verifier):
        return "-"
    return unpadded(hashlib.sha256(verifier.encode()).digest())
