"""Asking before acting: a citizen who is elsewhere says yes or no at the gateway.

ask ─▶ waiting ──ping──▶ come for it ─▶ approved │ declined │ expired ─▶ acted on, once

The service that asks so is registered apart, under the same key and agency, so a citizen has
the same number there. What was approved comes back to the letter: act on that, not on what
was asked.

Specs: OpenID Connect CIBA Core 1.0 §7, §10.2 and §11, FAPI-CIBA, RFC 9396, RFC 9449.
"""

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwk, jwt
from starlette.requests import Request
from starlette.responses import Response

from relying_parties.samples.sdk.provider import (
    Provider,
    SignInFailed,
    Unavailable,
    asking,
    new_handle,
)
from relying_parties.samples.sdk.settings import Settings
from relying_parties.samples.sdk.store import Store, Waiting

SCOPE = "inquiries.answer"
GRANT = "urn:openid:params:grant-type:ciba"
WAITS = 7 * 86400  # seconds that a citizen may take
AGAIN = 30.0  # seconds after which we look without having been pinged
STILL = ("authorization_pending", "slow_down")
OVER = {"access_denied": "declined", "expired_token": "expired", "invalid_grant": "expired"}

log = logging.getLogger("service")


@dataclass(frozen=True, slots=True)
class Decided:
    """What a citizen decided.

    :ivar state: ``approved``, ``declined`` or ``expired``
    :ivar details: what was approved, as the gateway tells it
    """

    sub: str
    reference: str
    state: str
    details: tuple[Mapping[str, Any], ...] = ()


Act = Callable[[Decided], None]


class Asking:
    """What one service asks."""

    def __init__(self, settings: Settings, store: Store, act: Act) -> None:
        self._settings = dataclasses.replace(settings, client_id=settings.asks_as or "")
        self._provider, self._store, self._act = Provider(self._settings), store, act
        self._key = jwk.ECKey.generate_key("P-256")  # that the tokens are for (RFC 9449)
        self._came = asyncio.Event()

    async def ask(self, sub: str, email: str, message: str, detail: Mapping[str, Any]) -> None:
        """Ask whoever has ``email``, whom we know as ``sub``.

        :param message: what they know it by, on one line
        :raises Unavailable: it was not taken, or one waits already
        """
        token, metadata = new_handle(), await self._provider.metadata()
        claims = {
            "scope": "openid",
            "login_hint": email,
            "binding_message": message,
            "requested_expiry": WAITS,
            "client_notification_token": token,
            "authorization_details": [dict(detail)],
        }
        told = await self._post(
            metadata["backchannel_authentication_endpoint"],
            {"request": self._signed(metadata["issuer"], claims)},
        )
        if "auth_req_id" not in told:
            raise Unavailable(f"it was not taken: {told.get('error')}")
        waiting = Waiting(told["auth_req_id"], token, sub, str(detail["reference"]))
        self._store.wait(waiting)

    async def questions(self) -> list[dict[str, str]]:
        """Return what citizens asked about it and wait for.

        :raises Unavailable: there is no answer
        """
        told = await self._call("GET", "?open=true")
        return [
            {
                "request_id": one["request_id"],
                "reference": one["authorization_details"][0]["reference"],
                "words": one["said"][-1]["words"],
            }
            for one in told["inquiries"]
        ]

    async def reply(self, request_id: str, words: str) -> None:
        """Answer what a citizen asked.

        :raises Unavailable: it was not taken
        """
        await self._call("POST", f"/{request_id}", {"answer": words})

    async def pinged(self, request: Request) -> Response:
        """Hear that there is something to come for (CIBA Core §10.2)."""
        given = request.headers.get("authorization", "")
        known = (f"Bearer {one.token}" for one in self._store.waiting())
        if not any(hmac.compare_digest(given.encode(), each.encode()) for each in known):
            return Response(status_code=401)
        self._came.set()
        return Response(status_code=204)

    async def run(self) -> None:
        """Come for what was decided, for as long as the service runs."""
        while True:
            for one in self._store.waiting():
                try:
                    await self._come(one)
                except SignInFailed as error:
                    log.warning("an answer waits: %s", error)
            self._came.clear()
            try:
                await asyncio.wait_for(self._came.wait(), AGAIN)
            except TimeoutError:
                continue

    async def _come(self, one: Waiting) -> None:
        metadata = await self._provider.metadata()
        url = metadata["token_endpoint"]
        form = {"grant_type": GRANT, "auth_req_id": one.auth_req_id}
        told = await self._post(url, form, dpop=self._proof("POST", url))
        error = told.get("error")
        if error in STILL:
            return
        if error is not None and error not in OVER:
            raise Unavailable(f"{url} refused: {error}")
        decided = Decided(one.sub, one.reference, OVER.get(str(error), "approved"))
        if error is None:
            claims = await self._provider.verified(told["id_token"])
            if claims["sub"] != one.sub:  # the address is somebody else's by now
                decided = dataclasses.replace(decided, state="declined")
            else:
                decided = dataclasses.replace(decided, details=tuple(told["authorization_details"]))
        self._act(decided)
        self._store.came(one.auth_req_id)

    async def _call(self, method: str, path: str, given: Any = None) -> dict[str, Any]:
        metadata = await self._provider.metadata()
        url = metadata["token_endpoint"]
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        got = await self._post(url, form, dpop=self._proof("POST", url))
        if "access_token" not in got:
            raise Unavailable(f"{url} refused: {got.get('error')}")
        token, where = got["access_token"], f"{metadata['issuer']}/api/agency/v1/inquiries"
        proof = self._proof(method, f"{where}{path}".partition("?")[0], token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        with asking(where):
            async with httpx2.AsyncClient() as http:
                answer = await http.request(method, f"{where}{path}", json=given, headers=headers)
                told: dict[str, Any] = answer.raise_for_status().json()
        return told

    async def _post(self, url: str, form: Mapping[str, str], **headers: str) -> dict[str, Any]:
        metadata = await self._provider.metadata()
        client: AsyncOAuth2Client
        async with self._provider.client(metadata) as client:
            proof: Any = client.client_auth(client.token_endpoint_auth_method)
            with asking(url):
                answer: httpx2.Response = await client.request(
                    "POST", url, data=dict(form), headers=headers, auth=proof, withhold_token=True
                )
                told: dict[str, Any] = answer.json()
        return told

    def _signed(self, issuer: str, claims: Mapping[str, Any]) -> str:
        at = int(time.time())  # noqa: TID251 - its own clock
        own = dict(self._settings.client_jwk or {})
        around = {"iss": self._settings.client_id, "aud": issuer, "jti": new_handle()}
        when = {"iat": at, "nbf": at, "exp": at + 60}
        header = {"alg": "ES256", "kid": own.get("kid")}
        return jwt.encode(header, {**around, **when, **claims}, jwk.import_key(own))

    def _proof(self, method: str, url: str, token: str = "") -> str:
        at = int(time.time())  # noqa: TID251 - its own clock
        public = self._key.as_dict(private=False)
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public}
        claims = {"jti": new_handle(), "htm": method, "htu": url, "iat": at}
        if token:
            half = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest())
            claims["ath"] = half.rstrip(b"=").decode()
        return jwt.encode(header, claims, self._key)
