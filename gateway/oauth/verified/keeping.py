"""Keeping: what is wanted with its proof, from the code to each answer.

Tokens read claims by their names, in the open of an answer; what is wanted only with its proof
must never be told there. So of it a token has one name, ``verification``: by it the answer
knows that there is more, and without the citizen's word for it there is nothing more.
"""

import base64
import json
from dataclasses import replace
from uuid import UUID

from gateway.oauth import claims
from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.verified.wishes import Elements
from gateway.runtime import Place
from gateway.web.call import Call
from idp import catalog
from keys import opaque
from keys.vault import Vault
from relying_parties import claims_policy
from relying_parties.claims_policy import Wanted
from relying_parties.clients import Client
from relying_parties.grants import proofs
from relying_parties.grants.codes import Issue
from relying_parties.registration import Registration

MARK = "verification"
_ROW = "relying_parties.backchannel_requests.verified"  # and the request


def by_name(registration: Registration, asked: AuthorizationRequest, wanted: Wanted) -> Wanted:
    """Return what of ``wanted`` tokens read: what was asked for in the open, and the mark."""
    scopes, parameter = claims.placed(asked.scopes, asked.claims, asked.response_type)
    openly = claims_policy.asked(
        registration, scopes, parameter, scopes=catalog.SCOPES, care=claims.CARE
    )
    return replace(
        wanted,
        userinfo=tuple(name for name in wanted.userinfo if name in {*openly.userinfo, MARK}),
        id_token=tuple(name for name in wanted.id_token if name in {*openly.id_token, MARK}),
    )


async def keep(call: Place, code: str, order: Issue, asked: Elements) -> None:
    """Keep with a code what was asked for, if the citizen lets the service have proofs."""
    if MARK in order.claims or MARK in order.id_token_claims:
        place = _place(opaque.digest(code), order.client_id)
        sealed = call.runtime.vault.sealer.seal(json.dumps(asked).encode(), *place)
        await proofs.keep(call.entry, code, sealed)


def opened(call: Call, client: Client, code: bytes, sealed: bytes) -> Elements:
    """Open what was kept with ``code``, a digest.

    :raises NotSealedHere: it was kept with another one, or for another client
    """
    plain = call.runtime.vault.sealer.open(sealed, *_place(code, client.client_id))
    asked: Elements = json.loads(plain)
    return asked


def sealed(vault: Vault, asked: Elements, request_id: UUID) -> str:
    """Seal what a request from behind wants with its proof, to stand in its row until the answer.

    A service may say what it believes of a citizen, and a request waits longer than a browser.
    """
    plain = json.dumps(asked).encode()
    return opaque.unpadded(vault.sealer.seal(plain, _ROW, str(request_id)))


def unsealed(vault: Vault, text: str, request_id: UUID) -> Elements:
    """Open what :func:`sealed` made for this row.

    :raises NotSealedHere: it was made for another one
    """
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    asked: Elements = json.loads(vault.sealer.open(packed, _ROW, str(request_id)))
    return asked


def _place(digest: bytes, client_id: str) -> tuple[str, str, str]:
    return "relying_parties.codes.proofs", client_id, digest.hex()
