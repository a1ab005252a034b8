"""Issuing: what a client gets through the browser, once nothing is left to ask.

    ready ──(the request is used up)──▶ issue ──▶ a code
                                              └─▶ access_token, id_token, for older products

A token in an address stays in histories and logs. So access tokens that go this way are as
short as any and end with the sign-in; an ID token says what lies beside it, and what a
code can fetch as well does not go through the browser.

Specs: OpenID Connect Core §3.1.2.5, §3.2 and §3.3, OAuth 2.0 Multiple Response Types §3 to §5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.oauth import checks, client_keys, id_tokens, managed, tokens
from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.tokens import Authentication
from gateway.oauth.verified import keeping
from gateway.web.call import Call
from keys import encryption, opaque
from keys.encryption import Recipient
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.grants import browser_tokens, codes, detailed, directed
from relying_parties.grants.codes import Issue
from relying_parties.response_types import PLAIN, RESPONSE_TYPES, ResponseType


@dataclass(frozen=True, slots=True)
class Ready:
    """What was looked up before the request is used up.

    :ivar reader: whom the ID token is encrypted to, if the service registered that
    """

    kind: ResponseType
    reader: Recipient | None = None


_PLAINLY = Ready(RESPONSE_TYPES[PLAIN])


async def ready(call: Call, client: Client, asked: AuthorizationRequest) -> Ready:
    """Make sure that what is asked for can be made.

    :raises OAuthRefused: there is no key to encrypt to, or this is not offered any more
    :raises UnknownKey: none signs at the moment
    """
    if asked.response_type == PLAIN or asked.device:  # a device is answered on another way
        return _PLAINLY
    # A citizen takes their time: the registration, or the gateway, may have changed since.
    checks.offered(asked, client, legacy=call.runtime.settings.legacy_response_types)
    checks.response_type(asked, client)
    kind = RESPONSE_TYPES[asked.response_type]
    if not kind.id_token:
        return Ready(kind)
    call.runtime.keyring.active("token", client.registration.id_token_alg)
    wish = client.registration.id_token_encryption
    return Ready(kind, await client_keys.recipient(call, client, wish))


async def issue(
    call: Call,
    client: Client,
    asked: AuthorizationRequest,
    order: Issue,
    ready: Ready,
    details: Sequence[Detail] | None,
) -> dict[str, str]:
    """Make what the response type asks for.

    :param details: what was agreed to in detail (RFC 9396), if anything was asked
    :returns: the answer; for ``none`` nothing: the citizen agreed, and that is all
    :raises OAuthRefused: the account was locked or closed meanwhile
    :raises ConsentMissing: the consent or the service ended meanwhile
    """
    kind = ready.kind
    if kind.name == "none":
        return {}
    # Without a code in the answer, nobody ever learns this one: it is the family's name.
    code = await codes.issue(call.entry, order)
    answer = {"code": code} if kind.code else {}
    if asked.resource and kind.code:
        await directed.direct(call.entry, code, asked.resource)
    if asked.verified:
        await keeping.keep(call, code, order, asked.verified)
    if details is not None:
        await detailed.detail(call.entry, code, details)
    await managed.mark(call, asked, code)
    if kind.token:
        answer |= await _token(call, client, asked, code, order)
    if kind.id_token:
        # Core §3.3.3.6: fewer claims here than at the token endpoint, if there is a way to it.
        wanted = order.id_token_claims and not kind.code
        claims = await id_tokens.within(call, client, _given(code, order)) if wanted else {}
        signed = _id_token(call, client, asked, order, answer, claims)
        sealed = ready.reader and encryption.encrypt(signed, ready.reader, cty="JWT")
        answer["id_token"] = sealed or signed
    return answer


async def _token(
    call: Call, client: Client, asked: AuthorizationRequest, code: str, order: Issue
) -> dict[str, str]:
    lives = client.registration.profile.access_token_ttl
    issued = await browser_tokens.issue(call.entry, code, lives=lives)
    # RFC 6749 §4.2.2: said where it is not what was asked for.
    scope = {} if order.scope == asked.scope else {"scope": order.scope}
    seconds = int((issued.expires_at - call.entry.at).total_seconds())
    told = {"access_token": issued.access_token, "token_type": "Bearer"}
    return {**told, "expires_in": str(seconds), **scope}


@dataclass(frozen=True, slots=True)
class _Given:
    """A code that was made just now, as far as it is read for its ID token."""

    code: bytes = field(repr=False)
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID | None
    id_token_claims: tuple[str, ...]
    acr: str | None
    auth_time: datetime


def _given(code: str, order: Issue) -> _Given:
    return _Given(
        code=opaque.digest(code),
        subject=order.subject,
        citizen=order.citizen,
        consent_id=order.consent_id,
        id_token_claims=(*order.id_token_claims,),
        acr=order.acr,
        auth_time=order.auth_time,
    )


def _id_token(
    call: Call,
    client: Client,
    asked: AuthorizationRequest,
    order: Issue,
    answer: Mapping[str, str],
    claims: Mapping[str, Any],
) -> str:
    beside = {name: value for name, value in answer.items() if name in tokens.HASHES}
    if asked.state is not None:
        beside["state"] = asked.state
    authentication = Authentication(
        subject=order.subject,
        auth_time=order.auth_time,
        acr=order.acr,
        amr=order.amr,
        sid=order.sid,
        nonce=order.nonce,
    )
    return tokens.id_token(
        call.runtime, client, authentication, call.entry.at, claims=claims, **beside
    )
