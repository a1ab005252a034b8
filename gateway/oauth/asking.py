"""Asking: what a service wants of a citizen who is not in front of it, as one signed object.

    request=JWT ──verified──▶ parameters ──read──▶ Asking
                                              └──whom──▶ who that is to the service

Only what the service signed counts, and what stands beside it is refused: FAPI-CIBA lets
nothing unsigned in. Whatever is wrong with the object is ``invalid_request`` (§13). What is
asked in detail is judged before anybody is asked, and may wait for days (RFC 9396).

Specs: OpenID Connect CIBA Core 1.0 §7.1 and §7.1.1, FAPI-CIBA §5.2.2.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.oauth import hints, request, request_objects, rich
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.oauth.verified import keeping
from gateway.web.call import Call
from gateway.web.params import Params
from idp import identifiers
from idp.errors import IdentifierInvalid
from keys import assertions, pairwise, replay
from keys.assertions import Expected
from keys.vault import Vault
from relying_parties import authorization_details
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.grants import backchannel_orders, backchannel_requests

MESSAGE = 100  # characters of a binding message: what people compare at a glance
REQUIRED = ("aud", "iss", "exp", "iat", "nbf", "jti")  # §7.1.1
HINTS = ("login_hint", "id_token_hint", "login_hint_token")
# A citizen always signs in anew and always sees the page, whatever the request says.
PROMPT = ("login", "consent")

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1
_LEAST, _MOST = 22, 1024  # characters of 128 bits in base64; §7.1
_OUTSIDE = frozenset(
    (
        *("scope", "client_notification_token", "acr_values", "binding_message", "user_code"),
        *("requested_expiry", "claims", "resource", "request_uri", "authorization_details"),
        *HINTS,
    )
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a service asks; names are those of the wire.

    :ivar request: what the citizen will decide about, as of a request by the browser
    :ivar token: with which the service wants to be told; ``None`` where it polls
    """

    request: AuthorizationRequest
    message: str
    lives: timedelta
    token: str | None = field(repr=False)

    def kept(self, vault: Vault, request_id: UUID) -> Mapping[str, Any]:
        """Return the request as it is stored: without whom it named, what it believes sealed."""
        stored = replace(self.request, login_hint="", id_token_hint=None).to_json()
        if self.request.verified:
            stored["verified"] = keeping.sealed(vault, self.request.verified, request_id)
        return stored


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is asked, as the service knows them.

    :ivar named: MAC of what the service named them by: that is what its requests are counted by
    :ivar citizen: the sealed reference, if any
    """

    subject: str
    named: str
    citizen: bytes | None = field(repr=False)


async def read(call: Call, client: Client) -> Asking:
    """Read the request of the form.

    :raises OAuthRefused: ``invalid_request``, ``invalid_binding_message``, ``invalid_scope``,
        ``invalid_authorization_details`` …
    """
    given = await _signed(call, client)
    asked = request.read(given, call.runtime.settings.issuer)
    _one_hint(given)
    # The page that asks has no words for grants; no user code is registered, so nobody shall
    # believe that it protects.
    for name in ("grant_management_action", "grant_id", "user_code"):
        if name in given:
            raise OAuthRefused("invalid_request", f"{name} is not supported here")
    if asked.subjects:  # a hint says who is asked, and it alone
        raise OAuthRefused("invalid_request", "claims: sub names somebody beside the hint")
    rich.judge(asked.authorization_details, client.registration, call.entry.at)
    return Asking(
        request=replace(asked, client_id=client.client_id, prompt=PROMPT, max_age=None),
        message=_message(given.text("binding_message")),
        lives=_lives(given, asked.authorization_details, call.entry.at),
        token=_token(given, client),
    )


async def whom(call: Call, client: Client, asked: AuthorizationRequest) -> Whom:
    """Find out who is asked; an address that nobody has is somebody who never answers.

    :raises OAuthRefused: ``invalid_request`` for a hint of another's; ``unknown_user_id`` for
        what is no address at all, whoever has an account
    """
    vault = call.runtime.vault
    if asked.id_token_hint is not None:
        subject = hints.subject(call, client, asked.id_token_hint)
        known = await backchannel_requests.citizen_of(call.entry, subject, client.client_id)
        return Whom(subject, _named(vault, client, "subject", subject.encode()), known)
    try:
        email = identifiers.normalise_email(asked.login_hint)
    except IdentifierInvalid as error:
        raise OAuthRefused("unknown_user_id", "login_hint is no e-mail address") from error
    account_id = await identifiers.find_account(call.entry, vault, email)
    # The same is done for both, so that neither time nor rows tell them apart.
    account_id = account_id or _nobody(vault, email)
    return Whom(
        pairwise.subject(vault.pairwise, client.sector, account_id),
        _named(vault, client, "address", identifiers.lookup(vault, email)),
        pairwise.seal_citizen(vault.sealer, account_id, client.client_id),
    )


def _named(vault: Vault, client: Client, how: str, said: bytes) -> str:
    return pairwise.named(vault.pairwise, client.client_id, how, said)


def _nobody(vault: Vault, email: str) -> UUID:
    found = identifiers.lookup(vault, email)
    mac = hmac.digest(vault.derive("nobody's account"), found, hashlib.sha256)
    return UUID(bytes=mac[:16], version=4)


async def _signed(call: Call, client: Client) -> Params:
    raw = call.form.text("request")
    if not raw:
        raise OAuthRefused("invalid_request", "this client must sign its request")
    if beside := sorted(_OUTSIDE & {*call.form}):
        raise OAuthRefused("invalid_request", f"{beside[0]} stands beside the request")
    expected = Expected(
        algs=frozenset(client.registration.backchannel_request_algs),
        typs=request_objects.TYPS,
        issuer=client.client_id,
        audience=call.runtime.settings.issuer,
        many=True,
        longest=request_objects.LONGEST,
        required=REQUIRED,
    )
    try:
        claims = await request_objects.verified(call, client, raw, expected)
    except OAuthRefused as refusal:
        raise OAuthRefused("invalid_request", refusal.description) from refusal
    if claims.get("client_id", client.client_id) != client.client_id:
        raise OAuthRefused("invalid_request", "the request object names another client")
    ends = datetime.fromtimestamp(min(float(claims["exp"]), 4e9), UTC) + assertions.SKEW
    if not await replay.claim(call.entry, f"ciba:{client.client_id}", claims["jti"], ends):
        raise OAuthRefused("invalid_request", "the request object was used before")
    return request_objects.parameters(claims)


def _one_hint(given: Params) -> None:
    named = [name for name in HINTS if given.text(name)]
    if len(named) != 1:
        raise OAuthRefused("invalid_request", "exactly one hint says who is asked")
    if named == ["login_hint_token"]:
        raise OAuthRefused("invalid_request", "login_hint_token is not supported")


def _message(text: str) -> str:
    # FAPI-CIBA §5.2.2-2: our page knows nothing else that this one request is about.
    if not text:
        raise OAuthRefused("invalid_binding_message", "binding_message is needed")
    if len(text) > MESSAGE or not text.isprintable() or text != text.strip():
        raise OAuthRefused(
            "invalid_binding_message", f"at most {MESSAGE} printable characters, on one line"
        )
    return text


def _lives(given: Params, details: Sequence[Detail], at: datetime) -> timedelta:
    longest = backchannel_orders.budget(in_detail=bool(details)).longest
    ends = authorization_details.answer_by(details)
    return min(_wished(given), longest, ends - at if ends else longest)


def _wished(given: Params) -> timedelta:
    if "requested_expiry" not in given:
        return backchannel_orders.LIVES
    text = given.text("requested_expiry")  # a number in the object is spelt as one here
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise OAuthRefused("invalid_request", "requested_expiry is a positive number of seconds")
    return timedelta(seconds=int(text))


def _token(given: Params, client: Client) -> str | None:
    if client.registration.backchannel_mode != "ping":
        return None
    token = given.text("client_notification_token")
    if not (_LEAST <= len(token) <= _MOST and _TOKEN.fullmatch(token)):
        raise OAuthRefused(
            "invalid_request", "client_notification_token: 22 to 1024 characters of RFC 6750"
        )
    return token
