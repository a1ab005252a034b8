"""Sign-ons of a service that proves itself with keys: PAR, private_key_jwt, DPoP (FAPI 2.0)."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.cli.bench import load
from gateway.cli.bench.people import KEYED, REDIRECT
from gateway.runtime import now
from keys import jwks, opaque

if TYPE_CHECKING:
    from gateway.cli.bench.load import Browser, Load

_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def sign_on(load_: "Load", opened: "Browser") -> AsyncIterator[None]:
    """Push, authorize, exchange the code, read userinfo: the whole of it, again and again."""
    service = _Service(load_, opened)
    yield
    while True:
        verifier = opaque.handle()
        code = await service.code(verifier)
        token = await service.token(code, verifier)
        await service.userinfo(token)
        yield


class _Service:
    """The service's side, with a key for its name and one for its tokens."""

    def __init__(self, load_: "Load", opened: "Browser") -> None:
        self._opened = opened
        self._issuer = f"http://127.0.0.1:{load_.port}"
        self._key = jwt.PyJWK(load_.facts["keyed"]).key
        self._own = ec.generate_private_key(ec.SECP256R1())
        public = jwks.public_jwk(self._own.public_key(), "ES256")
        self._jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}

    async def code(self, verifier: str) -> str:
        challenge = opaque.unpadded(hashlib.sha256(verifier.encode()).digest())
        told = await self._post(
            "/par",
            {
                "response_type": "code",
                "redirect_uri": REDIRECT,
                "scope": "openid profile email",
                "state": verifier[:16],
                "nonce": verifier[16:32],
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
        )
        query = urlencode({"client_id": KEYED, "request_uri": told["request_uri"]})
        cookie = f"cookie: {self._opened.cookie}\r\n"
        answer = await self._opened.ask("GET", f"/authorize?{query}", cookie)
        load.expect(answer, b"code=")
        return answer.partition(b"code=")[2].partition(b"&")[0].decode()

    async def token(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
        }
        proof = f"dpop: {self._proof('POST', '/token')}\r\n"
        return str((await self._post("/token", form, proof))["access_token"])

    async def userinfo(self, token: str) -> None:
        hashed = opaque.unpadded(hashlib.sha256(token.encode()).digest())
        proof = self._proof("GET", "/userinfo", ath=hashed)
        lines = f"authorization: DPoP {token}\r\ndpop: {proof}\r\n"
        load.expect(await self._opened.ask("GET", "/userinfo", lines), b"200")

    async def _post(self, path: str, form: Mapping[str, str], lines: str = "") -> Any:
        own = {"client_id": KEYED, "client_assertion_type": _TYPE}
        body = urlencode({**form, **own, "client_assertion": self._assertion()})
        answer = await self._opened.ask("POST", path, lines, body)
        load.expect(answer, b"request_uri" if path == "/par" else b"access_token")
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def _assertion(self) -> str:
        at = int(now().timestamp())
        claims = {"iss": KEYED, "sub": KEYED, "aud": self._issuer, "iat": at, "exp": at + 60}
        claims["jti"] = opaque.handle()
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": KEYED})

    def _proof(self, method: str, path: str, **more: str) -> str:
        claims = {
            "htm": method,
            "htu": f"{self._issuer}{path}",
            "jti": opaque.handle(),
            "iat": int(now().timestamp()),
            **more,
        }
        headers = {"typ": "dpop+jwt", "jwk": self._jwk}
        return jwt.encode(claims, self._own, algorithm="ES256", headers=headers)
