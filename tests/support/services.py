"""The services of the protocol's tests, what they hold, and how they prove who they are."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.runtime import now
from keys import opaque
from tests import factories
from tests.support.gateway import Citizen, Gateway

CALLBACK, SECOND, AFTER = (
    "https://rp.example/cb",
    "https://rp.example/second?kept=1",
    "https://rp.example/bye",
)
# Three APIs, and what is called at them.
LEDGER = {
    "identifier": "https://ledger.example/api",
    "scopes": ["entries:read", "entries:write"],
}
ARCHIVE = {"identifier": "https://archive.example", "scopes": ["all"], "tokens": "jwt"}
READS = {"resource": LEDGER["identifier"], "scopes": ["entries:read"]}
FILES = {"identifier": "https://files.example/v1", "scopes": ["files:read", "files:write"]}
TO_ARCHIVE = {"resource": ARCHIVE["identifier"], "scopes": ["all"]}
FOR_CITIZENS = [
    {"resource": FILES["identifier"], "scopes": ["files:read", "files:write"]},
    TO_ARCHIVE,
    READS,  # of another agency
]
# What a service on a shared screen asks, among it a detail that no such screen gets.
BOOTH = [
    {
        "id": "all",
        "name": {"en": "To test this"},
        "claims": [factories.asks(claim) for claim in ("name", "email", "marital_status")],
    }
]
APP = "http://127.0.0.1/cb"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

KEYED = (
    "gov",
    "twin",
    "remote",
    "bound",
    "objects",
    "signs",
    "jarm",
    "front-signs",
    "teller",
    "counter",
    "hotline",
)  # they prove a key
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
STRANGER = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Code:
    """A code, and what its client needs to redeem it."""

    value: str
    client_id: str
    verifier: str
    redirect_uri: str

    def form(self, **over: Any) -> dict[str, str]:
        """Return the token request; ``None`` leaves a parameter out."""
        usual = {
            "grant_type": "authorization_code",
            "code": self.value,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return _given(usual | over)


def document(client_id: str, agency: str = "northtown", **spec: Any) -> dict[str, Any]:
    """A service under ``oidc-basic`` with a secret; ``spec`` replaces or drops members."""
    why = [factories.asks("name"), factories.asks("email"), factories.asks("locale", "optional")]
    usual = {
        "profile": "oidc-basic",
        "redirectUris": [CALLBACK, SECOND],
        "postLogoutRedirectUris": [AFTER],
        "auth": {"method": "client_secret_basic"},
        "idTokenAlg": "ES256",
        "purposes": [{"id": "all", "name": {"en": "To test this"}, "claims": why}],
    }
    made: dict[str, Any] = factories.a_document(client_id, agency, **(usual | spec))
    made["spec"] = _given(made["spec"])
    return made


def jwks(**keys: Any) -> dict[str, Any]:
    """Publish keys, each under its own name."""
    return {"keys": [_jwk(key) | {"kid": kid} for kid, key in keys.items()]}


async def seed(gateway: Gateway, remote: str) -> None:
    """Register the services; ``remote`` is where one of them publishes its keys."""
    for agency in ("northtown", "southtown"):
        await gateway.service(
            {
                "apiVersion": "gatehouse/v1",
                "kind": "Agency",
                "metadata": {"id": agency},
                "spec": {"name": {"en": agency.title()}, "contact": None},
            }
        )
    signed = {"method": "private_key_jwt", "jwks": jwks(ec=EC_KEY, rsa=RSA_KEY)}
    named = {"method": "private_key_jwt", "jwksUri": remote}
    for made in (
        document("basic"),
        document("post", auth={"method": "client_secret_post"}),
        document("other", "southtown"),
        document("waived", requirePkce=False),
        document("quiet", offlineAccess=False),
        document("app", profile="native-public", redirectUris=[APP], auth={"method": "none"}),
        document("gov", profile="gov-standard", auth=signed),
        document(
            "twin",
            "southtown",
            profile="gov-standard",
            auth={"method": "private_key_jwt", "jwks": jwks(ec=STRANGER)},
        ),
        document("bound", profile="fapi2", auth=signed),
        document("remote", auth=named),
        document("objects", auth=signed, requestUris=[f"{remote}-object"]),
        document("signs", profile="gov-standard", auth=signed, requireSignedRequest=True),
        document("evidence", introspectionAlg="RS256"),
        document("ledger", "southtown", redirectUris=None, resource=LEDGER),
        document(
            "archive",
            redirectUris=None,
            resource=ARCHIVE,
            idTokenAlg="RS256",
            onBehalf=[{"resource": FILES["identifier"], "scopes": ["files:read"]}],
        ),
        document("files", redirectUris=None, resource=FILES, onBehalf=[TO_ARCHIVE, READS]),
        document("front", onBehalf=FOR_CITIZENS),
        document("front-signs", auth=signed, onBehalf=FOR_CITIZENS),
        document("clerk", redirectUris=None, purposes=None, calls=[READS]),
        document("auditor", calls=[READS, {"resource": ARCHIVE["identifier"], "scopes": ["all"]}]),
        document(
            "kiosk",
            profile="native-public",
            redirectUris=None,
            auth={"method": "none"},
            device=True,
        ),
        document(
            "spa",
            profile="native-public",
            redirectUris=["https://spa.example/cb"],
            auth={"method": "none"},
        ),
        document("booth", device=True, onBehalf=FOR_CITIZENS, purposes=BOOTH),
        document("teller", profile="fapi2", auth=signed, device=True),
        document("counter", profile="ciba", auth=signed, backchannelMode="poll", redirectUris=None),
        document(
            "hotline",
            "southtown",
            profile="ciba",
            auth=signed,
            backchannelMode="poll",
            redirectUris=None,
        ),
        document("jarm", profile="gov-standard", auth=signed, responseModes=["jwt"]),
    ):
        await gateway.service(made)


def asked(client_id: str = "basic", verifier: str = "", **over: Any) -> dict[str, str]:
    """Return an authorization request; ``None`` leaves a parameter out."""
    usual = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": APP if client_id == "app" else CALLBACK,
        "scope": "openid profile email",
        "state": "the state",
        "nonce": "the nonce",
        "code_challenge": challenge(verifier or "v" * 43),
        "code_challenge_method": "S256",
    }
    return _given(usual | over)


def challenge(verifier: str) -> str:
    return opaque.unpadded(hashlib.sha256(verifier.encode()).digest())


async def code(
    gateway: Gateway, citizen: Citizen, client_id: str = "basic", *, node: int = 0, **over: Any
) -> Code:
    """Get a code as the browser of a citizen who has agreed does."""
    verifier = opaque.handle()
    request = asked(client_id, verifier, **over)
    answer = await gateway.get(
        f"/authorize?{urlencode(request, doseq=True)}", headers=citizen.headers, node=node
    )
    told = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    assert "code" in told, f"{answer.status_code} {dict(answer.headers)} {answer.text[:400]}"
    return Code(told["code"][0], client_id, verifier, request["redirect_uri"])


async def push(gateway: Gateway, client_id: str = "basic", **over: Any) -> str:
    """Push a request as its own client; return the address for it."""
    proof = proves(gateway, client_id)
    form = asked(client_id, **over) | proof.form
    answer = await gateway.post("/par", form, headers=proof.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["request_uri"])


async def redeem(gateway: Gateway, of: Code, *, node: int = 0, **over: Any) -> httpx2.Response:
    """Take a code to the token endpoint as its own client."""
    proof = proves(gateway, of.client_id)
    return await gateway.post(
        "/token", of.form(**over) | proof.form, headers=proof.headers, node=node
    )


async def tokens(
    gateway: Gateway, citizen: Citizen, client_id: str = "basic", **over: Any
) -> dict[str, Any]:
    """Sign a citizen on, all the way; return the token answer."""
    answer = await redeem(gateway, await code(gateway, citizen, client_id, **over))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@dataclass(frozen=True)
class Proof:
    """What a client adds to a request to prove who it is."""

    headers: dict[str, str]
    form: dict[str, str]


def proves(gateway: Gateway, client_id: str) -> Proof:
    """Authenticate as registered."""
    if client_id in ("app", "kiosk"):
        return Proof({}, {"client_id": client_id})
    if client_id in KEYED:
        key = STRANGER if client_id == "twin" else EC_KEY
        return Proof({}, by_assertion(assertion(gateway, client_id, key=key)))
    secret = gateway.secrets[client_id]
    if client_id == "post":
        return Proof({}, {"client_id": client_id, "client_secret": secret})
    return Proof(basic(client_id, secret), {})


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Spell HTTP Basic as RFC 6749 §2.3.1 does."""
    plain = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"authorization": f"Basic {base64.b64encode(plain.encode()).decode()}"}


def by_assertion(made: str) -> dict[str, str]:
    return {"client_assertion_type": ASSERTION, "client_assertion": made}


def assertion(
    gateway: Gateway,
    client_id: str = "gov",
    *,
    key: Any = EC_KEY,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
    **over: Any,
) -> str:
    """Sign a client assertion as RFC 10070 wants it; members of ``None`` are left out."""
    at = int(now().timestamp())
    usual = {
        "iss": client_id,
        "sub": client_id,
        "aud": gateway.issuer,
        "jti": opaque.handle(),
        "iat": at,
        "exp": at + 60,
    }
    named = {"typ": "client-authentication+jwt", "kid": "ec"} | dict(header or {})
    headers = {name: value for name, value in named.items() if value is not None}
    return jwt.encode(_given(usual | over), key, algorithm=alg, headers=headers)


def request_object(
    gateway: Gateway,
    client_id: str,
    /,
    *,
    key: Any = EC_KEY,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
    **over: Any,
) -> str:
    """Sign a request as RFC 9101 wants it; members of ``None`` are left out."""
    at = int(now().timestamp())
    usual = {"iss": client_id, "aud": gateway.issuer, "nbf": at, "exp": at + 60}
    named = {"typ": "oauth-authz-req+jwt", "kid": "ec"} | dict(header or {})
    headers = {name: value for name, value in named.items() if value is not None}
    claims = _given(asked(client_id) | usual | over)
    return jwt.encode(claims, key, algorithm=alg, headers=headers)


def _jwk(key: Any) -> dict[str, Any]:
    kind = jwt.algorithms.ECAlgorithm if hasattr(key, "curve") else jwt.algorithms.RSAAlgorithm
    made: dict[str, Any] = json.loads(kind.to_jwk(key.public_key()))
    made.pop("key_ops", None)
    return made


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
