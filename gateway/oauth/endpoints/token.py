"""The token endpoint: who calls, which grant, the answer (RFC 6749 §3.2)."""

from starlette.responses import Response

from gateway.oauth import answers, client_auth, client_keys, sender
from gateway.oauth.grants import BY_TYPE
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import encryption


@answers.protocol
async def exchange(call: Call) -> Response:
    """Exchange what the form brings for tokens.

    :raises UnknownKey: none signs at the moment; the client may come again with the same form
    """
    client = await client_auth.authenticate(call)
    client_auth.pace(call, client)
    grant = BY_TYPE.get(call.form.text("grant_type"))
    if grant is None:
        missing = "grant_type" not in call.form
        raise OAuthRefused("invalid_request" if missing else "unsupported_grant_type")
    # Every grant for a citizen signs an ID token: without a key nothing may be used up (KE-11).
    call.runtime.keyring.active("token", client.registration.id_token_alg)
    reader = await client_keys.recipient(call, client, client.registration.id_token_encryption)
    holder = await sender.bind(call, client)
    answer = await grant.redeem(call, client, holder)
    if reader is not None and "id_token" in answer:  # signed first (OpenID Connect Core §16.14)
        answer["id_token"] = encryption.encrypt(answer["id_token"], reader, cty="JWT")
    return answers.told({**answer, "token_type": holder.token_type})
