"""A call centre as a journey meets it: a service of the demo that asks citizens from behind."""

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import jwt

from gateway.runtime import now
from relying_parties.client_metadata import CIBA
from tests.support import dpop, services
from tests.support.demo import Demo

INQUIRIES = "/api/agency/v1/inquiries"
IN_DETAIL = {"authorizationDetailsTypes": ["proactive-decision"]}


class Hotline:
    """One service, and what it does between the phone and the gateway."""

    def __init__(self, demo: Demo, folder: Path, client_id: str, **spec: Any) -> None:
        self._demo, self._client_id = demo, client_id
        keys = services.jwks(ec=services.EC_KEY)
        usual = {
            "name": {"en": "Library hotline", "ar": "خط المكتبة"},
            "profile": "ciba",
            "auth": {"method": "private_key_jwt", "jwks": keys},
            "backchannelMode": "poll",
            "redirectUris": None,
        }
        document = services.document(client_id, "looks", **usual | spec)
        path = folder / f"{client_id}.json"  # JSON is YAML, too
        path.write_text(json.dumps(document))
        demo.command("apply", "-f", str(path))

    def ask(self, email: str, message: str, **over: Any) -> str:
        """Ask somebody; return ``auth_req_id``."""
        claims = self._claims(
            scope="openid profile email", login_hint=email, binding_message=message
        )
        told = self._post("/bc-authorize", {"request": self._signed(claims | over)})
        return str(told["auth_req_id"])

    def poll(self, auth_req_id: str) -> dict[str, Any]:
        """Come for the answer."""
        form = {"grant_type": CIBA, "auth_req_id": auth_req_id}
        return self._post("/token", form, dpop=self._proof("POST", "/token"))

    def inquiries(self) -> list[dict[str, Any]]:
        """Read what citizens asked back and wait for."""
        found: list[dict[str, Any]] = self._call("GET", f"{INQUIRIES}?open=true")["inquiries"]
        return found

    def reply(self, request_id: str, words: str) -> dict[str, Any]:
        """Answer what a citizen asked back."""
        return self._call("POST", f"{INQUIRIES}/{request_id}", {"answer": words})

    def _call(self, method: str, path: str, given: Any = None) -> dict[str, Any]:
        form = {"grant_type": "client_credentials", "scope": "inquiries.answer"}
        told = self._post("/token", form, dpop=self._proof("POST", "/token"))
        token = str(told["access_token"])
        proof = self._proof(method, path.partition("?")[0], ath=dpop.hashed(token))
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        headers |= {"content-type": "application/json"} if given else {}
        body = json.dumps(given).encode() if given else None
        asked = Request(f"{self._demo.issuer}{path}", body, headers, method=method)
        with urlopen(asked, timeout=10) as answer:
            return dict(json.load(answer))

    def _proof(self, method: str, path: str, **more: str) -> str:
        claims = {
            "jti": uuid.uuid4().hex,
            "htm": method,
            "htu": f"{self._demo.issuer}{path}",
            "iat": int(now().timestamp()),
            **more,
        }
        headers = {"typ": "dpop+jwt", "jwk": dpop.jwk()}
        return jwt.encode(claims, dpop.KEY, algorithm="ES256", headers=headers)

    def _post(self, path: str, form: dict[str, str], **headers: str) -> dict[str, Any]:
        proof = services.by_assertion(self._signed(self._claims(sub=self._client_id)))
        asked = Request(f"{self._demo.issuer}{path}", urlencode(form | proof).encode(), headers)
        try:
            with urlopen(asked, timeout=10) as answer:
                told: dict[str, Any] = json.load(answer)
        except HTTPError as refused:
            told = json.load(refused)
        return told

    def _claims(self, **more: str) -> dict[str, Any]:
        at = int(now().timestamp())
        return {
            "iss": self._client_id,
            "aud": self._demo.issuer,
            "iat": at,
            "nbf": at,
            "exp": at + 60,
            "jti": uuid.uuid4().hex,
            **more,
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, services.EC_KEY, algorithm="ES256", headers={"kid": "ec"})
