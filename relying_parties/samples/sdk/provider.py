"""The gateway as its client sees it: discovery, the three calls, the ID token's checks.

Authlib makes the calls; the checks are OpenID Connect Core §3.1.3.7, written out.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from relying_parties.samples.sdk.names import short_name
from relying_parties.samples.sdk.settings import Settings

ALGORITHMS = ["ES256", "RS256", "PS256"]
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY = 10  # seconds between two well-kept clocks


class SignInFailed(Exception):  # noqa: N818 - named as the fact it reports
    """The answer is not one to trust; the text is for the log."""


class Unavailable(SignInFailed):
    """The gateway can't be reached, or it does not take this service; the text says which."""


class GrantEnded(Exception):  # noqa: N818 - named as the fact it reports
    """The citizen stopped sharing, or the grant ran out: nothing can be read any more."""


class _IssuerAssertion(PrivateKeyJWT):
    """A client assertion for the issuer alone, a minute long (RFC 10070)."""

    alg = "ES256"

    def sign(self, auth: Any, token_endpoint: str) -> str:
        signed: str = private_key_jwt_sign(
            jwk.import_key(auth.client_secret),
            client_id=auth.client_id,
            token_endpoint=token_endpoint,
            alg=self.alg,
            header={"typ": "client-authentication+jwt", "kid": auth.client_secret.get("kid")},
            expires_in=60,
        )
        return signed


class Provider:
    """One gateway, one client."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metadata: Mapping[str, Any] | None = None
        self._keys: jwk.KeySet | None = None

    @property
    def issuer(self) -> str:
        """The gateway."""
        return self._settings.issuer

    async def metadata(self) -> Mapping[str, Any]:
        """Return the discovery document, read once.

        :raises SignInFailed: it names another issuer
        :raises Unavailable: it can't be had
        """
        if self._metadata is None:
            url = f"{self._settings.issuer}/.well-known/openid-configuration"
            with asking(url):
                async with httpx2.AsyncClient() as http:
                    document = (await http.get(url)).raise_for_status().json()
            if document["issuer"] != self._settings.issuer:
                raise SignInFailed("the discovery document names another issuer")
            self._metadata = document
        return self._metadata

    async def sign_in_url(self, *, state: str, nonce: str, verifier: str, **more: str) -> str:
        """Where to send the citizen; with a private key the request is pushed first (RFC 9126).

        :raises Unavailable: there is no gateway, or it takes no request of ours
        """
        metadata = await self.metadata()
        request = {
            "client_id": self._settings.client_id,
            "response_type": "code",
            "redirect_uri": self._settings.redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
            "code_challenge_method": "S256",
            **more,
        }
        if self._settings.client_jwk is not None:
            request = {
                "client_id": self._settings.client_id,
                "request_uri": await self._pushed(metadata, request),
            }
        return f"{metadata['authorization_endpoint']}?{urlencode(request)}"

    async def redeem(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Exchange the code; return the tokens with the verified ID token's claims as ``claims``.

        :raises SignInFailed: the code is refused, or the ID token fails a check
        """
        tokens = await self._exchanged(code, verifier)
        claims = await self.verified(tokens["id_token"])
        if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
            raise SignInFailed("the ID token answers another sign-in (nonce)")
        if not hmac.compare_digest(
            str(claims.get("at_hash", "")), _half_hash(tokens["access_token"])
        ):
            raise SignInFailed("the access token is not the ID token's (at_hash)")
        return {**tokens, "claims": claims}

    async def read(self, access_token: str, sub: str) -> dict[str, Any]:
        """Read what the citizen shares now (userinfo).

        :raises GrantEnded: nothing is shared any more
        :raises SignInFailed: the answer is about somebody else (Core §5.3.2)
        :raises Unavailable: there is no answer
        """
        metadata = await self.metadata()
        url = metadata["userinfo_endpoint"]
        with asking(url):
            async with httpx2.AsyncClient() as http:
                answer = await http.get(url, headers={"authorization": f"Bearer {access_token}"})
            if answer.status_code == httpx2.codes.UNAUTHORIZED:
                raise GrantEnded
            details: dict[str, Any] = answer.raise_for_status().json()
        if details.pop("sub", None) != sub:
            raise SignInFailed("userinfo answered for somebody else")
        return {short_name(self._settings.issuer, name): value for name, value in details.items()}

    async def refresh(self, refresh_token: str) -> dict[str, Any]:
        """Get a new access token without the citizen.

        :raises GrantEnded: the grant was withdrawn or ran out
        :raises Unavailable: there is no answer, or it is about the service and not the grant
        """
        url = (await self.metadata())["token_endpoint"]
        async with self.client(await self.metadata()) as client:
            try:
                with asking(url):
                    tokens: dict[str, Any] = await client.refresh_token(
                        url, refresh_token=refresh_token
                    )
            except client.oauth_error_class as error:
                if error.error == "invalid_grant":
                    raise GrantEnded from error
                raise Unavailable(f"{url} refused: {error}") from error
        return tokens

    async def own_token(self, scope: str) -> dict[str, Any]:
        """Get an access token in our own name, for what we may do without any citizen.

        :raises Unavailable: there is no answer, or we may not
        """
        metadata = await self.metadata()
        url = metadata["token_endpoint"]
        async with self.client(metadata) as client:
            try:
                with asking(url):
                    tokens: dict[str, Any] = await client.fetch_token(
                        url, grant_type="client_credentials", scope=scope
                    )
            except client.oauth_error_class as error:
                raise Unavailable(f"{url} refused: {error}") from error
        return tokens

    async def event(self, token: str) -> dict[str, Any]:
        """Return what a security event token says (RFC 8417 §4, SSF 1.0 §9).

        :raises SignInFailed: it is not an event, not from the gateway, or not for us
        """
        try:
            header, claims = await self._decoded(token)
        except (JoseError, ValueError) as error:
            raise SignInFailed("the signature does not verify") from error
        right = (
            header.get("typ") == "secevent+jwt"
            and claims.get("iss") == self._settings.issuer
            and claims.get("aud") == self._settings.client_id
            and isinstance(claims.get("jti"), str)
            and isinstance(claims.get("sub_id"), dict)
            and isinstance(claims.get("events"), dict)
        )
        if not right:
            raise SignInFailed("the token is no event for us")
        return claims

    async def signed_out(self, logout_token: str) -> str:
        """Return which session of ours the gateway says has ended (Back-Channel Logout §2.6).

        :raises SignInFailed: the token is not a logout token for us
        """
        claims = await self.verified(logout_token, typ="logout+jwt")
        sid = claims.get("sid")
        if LOGOUT_EVENT not in claims.get("events", {}) or "nonce" in claims or not sid:
            raise SignInFailed("this is no logout token")
        return str(sid)

    async def sign_out_url(self, id_token: str, state: str) -> str:
        """Where to send the citizen to be signed out of the gateway too."""
        metadata = await self.metadata()
        query = urlencode(
            {
                "id_token_hint": id_token,
                "client_id": self._settings.client_id,
                "post_logout_redirect_uri": self._settings.signed_out_uri,
                "state": state,
            }
        )
        return f"{metadata['end_session_endpoint']}?{query}"

    def client(self, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        """Return what makes calls as this client, with its secret or its key."""
        settings = self._settings
        if settings.client_jwk is None:
            return AsyncOAuth2Client(
                settings.client_id,
                settings.client_secret,
                token_endpoint_auth_method=settings.auth_method,
            )
        client = AsyncOAuth2Client(
            settings.client_id,
            dict(settings.client_jwk),
            token_endpoint_auth_method="private_key_jwt",  # noqa: S106 - the method's name
        )
        client.register_client_auth_method(_IssuerAssertion(metadata["issuer"]))
        return client

    async def _pushed(self, metadata: Mapping[str, Any], request: Mapping[str, str]) -> str:
        url = metadata["pushed_authorization_request_endpoint"]
        async with self.client(metadata) as client:
            authentication: Any = client.client_auth(client.token_endpoint_auth_method)
            with asking(url):
                answer = await client.request(
                    "POST", url, data=request, auth=authentication, withhold_token=True
                )
                told: dict[str, str] = answer.raise_for_status().json()
        return told["request_uri"]

    async def _exchanged(self, code: str, verifier: str) -> dict[str, Any]:
        url = (await self.metadata())["token_endpoint"]
        async with self.client(await self.metadata()) as client:
            try:
                with asking(url):
                    tokens: dict[str, Any] = await client.fetch_token(
                        url,
                        grant_type="authorization_code",
                        code=code,
                        code_verifier=verifier,
                        redirect_uri=self._settings.redirect_uri,
                    )
            except client.oauth_error_class as error:
                raise SignInFailed(f"the code was refused: {error}") from error
        return tokens

    async def verified(self, token: str, *, typ: str = "JWT") -> dict[str, Any]:
        """Return what a token of the gateway's says that is for this client, and now.

        :raises SignInFailed: it is not signed by the gateway, or for another use, client or time
        """
        try:
            header, claims = await self._decoded(token)
        except (JoseError, ValueError) as error:
            raise SignInFailed("the signature does not verify") from error
        if header.get("typ") != typ:  # a token for another use passes for none here
            raise SignInFailed("the token is for another use")
        now = time.time()  # noqa: TID251 - a service of its own has a clock of its own
        right = (
            claims.get("iss") == self._settings.issuer
            and claims.get("aud") == self._settings.client_id
            and claims.get("exp", 0) > now - LEEWAY
            and claims.get("iat", now + 60) < now + LEEWAY
        )
        if not right:
            raise SignInFailed("the token is from, for or of another time")
        return claims

    async def _decoded(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            read = jwt.decode(token, await self._key_set(), ALGORITHMS)
        except ValueError:
            # The key may have been rotated since we looked: look once more.
            self._keys = None
            read = jwt.decode(token, await self._key_set(), ALGORITHMS)
        return dict(read.header), dict(read.claims)

    async def _key_set(self) -> jwk.KeySet:
        if self._keys is None:
            url = (await self.metadata())["jwks_uri"]
            with asking(url):
                async with httpx2.AsyncClient() as http:
                    answer = (await http.get(url)).raise_for_status()
                self._keys = jwk.KeySet.import_key_set(json.loads(answer.content))
        return self._keys


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Tell what goes wrong while ``url`` is asked.

    :raises Unavailable: it does not answer, or with something else than was asked for
    """
    try:
        yield
    except httpx2.HTTPStatusError as error:
        answer = error.response
        raise Unavailable(f"{url} answered {answer.status_code}: {answer.text[:300]}") from error
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable(f"{url} is not to be had: {error!r}") from error


def new_handle() -> str:
    """Draw 256 random bits, as text."""
    return str(generate_token(43))


def _half_hash(access_token: str) -> str:
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
