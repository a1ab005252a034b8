"""Certificates of services, good ones and others, and the ways in which they reach the gateway."""

import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.runtime import now
from keys import certificates, opaque
from tests.support import services
from tests.support.gateway import Citizen, Gateway
from tests.support.services import Code

ALIAS = "mtls.gateway.test"
HEADER = "SSL-Client-Cert"
FOR_CLIENTS, FOR_SERVERS = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True)
class Held:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def thumbprint(self) -> str:
        return certificates.read(self.der).thumbprint

    @property
    def escaped(self) -> str:
        """As nginx has it in ``$ssl_client_escaped_cert``."""
        return quote(self.pem, safe="")

    @property
    def structured(self) -> str:
        """As RFC 9440 §2.2 has it."""
        return f":{base64.b64encode(self.der).decode()}:"

    def jwk(self, *, certified: bool = True) -> dict[str, Any]:
        """The key as a service registers it, with its certificate or without."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            raw = self.key.public_key().public_bytes_raw()
            key: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "x": opaque.unpadded(raw)}
        else:
            key = services.jwks(tls=self.key)["keys"][0]
        return key | ({"x5c": [base64.b64encode(self.der).decode()]} if certified else {})

    def written(self, folder: Path) -> Path:
        """Both in one file, for whoever opens a connection."""
        path = folder / f"{self.thumbprint}.pem"
        path.touch(mode=0o600)
        key = self.key.private_bytes(
            Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(self.pem.encode() + key)
        return path


def issued(
    name: str = "CN=berths,O=Harbour,C=GB",
    by: Held | None = None,
    *,
    key: Any = None,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(days=30),
    authority: bool = False,
    use: x509.ObjectIdentifier | None = None,
    alternatives: tuple[x509.GeneralName, ...] = (),
) -> Held:
    """Issue a certificate, by itself if nobody else does."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name.from_rfc4514_string(name)
    at = now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at + begins)
        .not_valid_after(at + ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if use is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    signs = by.key if by else own
    digest = None if isinstance(signs, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Held(builder.sign(signs, digest), own)


AUTHORITY = issued("CN=Harbour authority,C=GB", authority=True)
STRANGER = issued("CN=Harbour authority,C=GB", authority=True)  # the name is all they share
BERTHS = issued(by=AUTHORITY, use=FOR_CLIENTS)
OTHER = issued("CN=moorings,O=Harbour,C=GB", AUTHORITY)
OWN = issued("CN=self")


@dataclass(frozen=True)
class Node:
    """A process to which a proxy of ours hands certificates over."""

    gateway: Gateway
    number: int

    async def post(self, path: str, form: Any, held: Held | None = None) -> httpx2.Response:
        """Ask at the alias host, with a certificate or without."""
        lines = handed(held)
        return await self.gateway.post(path, form, headers=lines, node=self.number)

    async def userinfo(
        self, token: str, held: Held | None = None, *more: tuple[str, str]
    ) -> httpx2.Response:
        """Read with a token."""
        lines = [("authorization", f"Bearer {token}"), *handed(held), *more]
        return await self.gateway.get("/userinfo", headers=lines, node=self.number)

    async def code(
        self, citizen: Citizen, client_id: str, proof: dict[str, str], held: Held, **over: Any
    ) -> Code:
        """Push a request and let a citizen who has agreed answer it."""
        verifier = opaque.handle()
        form = services.asked(client_id, verifier, **over) | proof
        pushed = await self.post("/par", form, held)
        assert pushed.status_code == 201, pushed.text
        uri = pushed.json()["request_uri"]
        query = urlencode({"client_id": client_id, "request_uri": uri})
        answer = await self.gateway.get(f"/authorize?{query}", headers=citizen.headers)
        told = httpx2.URL(answer.headers["location"]).params
        return Code(told["code"], client_id, verifier, form["redirect_uri"])


def handed(held: Held | None) -> list[tuple[str, str]]:
    """Head a request as the proxy at the alias host does."""
    return [("host", ALIAS), *([(HEADER, held.escaped)] if held else [])]


def context(server: Path, held: Path | None) -> ssl.SSLContext:
    """Trust one server, and show a certificate to it."""
    made = ssl.create_default_context(cafile=server)
    if held is not None:
        made.load_cert_chain(held)
    return made


DNS = issued("CN=x", AUTHORITY, alternatives=(x509.DNSName("berths.example"),))
URI = issued("CN=x", AUTHORITY, alternatives=(x509.UniformResourceIdentifier("spiffe://a/b"),))
IP = issued("CN=x", AUTHORITY, alternatives=(x509.IPAddress(ip_address("2001:db8::7")),))
EMAIL = issued("CN=x", AUTHORITY, alternatives=(x509.RFC822Name("it@berths.example"),))
NAMED = {
    "subjectDn": ("CN=berths,O=Harbour,C=GB", BERTHS),
    "sanDns": ("berths.example", DNS),
    "sanUri": ("spiffe://a/b", URI),
    "sanIp": ("2001:db8:0::7", IP),
    "sanEmail": ("it@berths.example", EMAIL),
}


def vouched(member: str = "subjectDn") -> dict[str, str]:
    return {"method": "tls_client_auth", member: NAMED[member][0]}


def by_itself(*keys: dict[str, Any]) -> dict[str, Any]:
    return {"method": "self_signed_tls_client_auth", "jwks": {"keys": list(keys)}}


def seeds() -> list[dict[str, Any]]:
    """The services that show certificates."""
    return [
        *(
            services.document(f"tls-{member.lower()}", profile="fapi2", auth=vouched(member))
            for member in NAMED
        ),
        services.document("own", profile="fapi2", auth=by_itself(OWN.jwk())),
        services.document("own-key", profile="fapi2", auth=by_itself(OWN.jwk(certified=False))),
        services.document("vouched", profile="gov-standard", auth=vouched()),
        services.document("basic-bound", certificateBound=True, onBehalf=[services.TO_ARCHIVE]),
        services.document(
            "clerk-bound", certificateBound=True, redirectUris=None, calls=[services.READS]
        ),
        services.document("both-bound", certificateBound=True, dpop=True),
        services.document(
            "app-bound",
            profile="native-public",
            redirectUris=[services.APP],
            auth={"method": "none"},
            certificateBound=True,
        ),
        services.document(
            "plain",
            profile="fapi2",
            auth=vouched(),
            openidOptional=True,
            onBehalf=[services.TO_ARCHIVE],
        ),
    ]


@contextlib.asynccontextmanager
async def running(gateway: Gateway, folder: Path) -> AsyncIterator[Node]:
    """Run one process behind a proxy that hands certificates over, and its services."""
    (folder / "authorities.pem").write_text(AUTHORITY.pem + OWN.pem)
    for made in seeds():
        await gateway.service(made)
    async with gateway.another(
        GATEHOUSE_TRUSTED_PROXIES="127.0.0.1",
        GATEHOUSE_CERTIFICATE_HEADER=HEADER,
        GATEHOUSE_CLIENT_AUTHORITIES=str(folder / "authorities.pem"),
    ) as number:
        await gateway.settled()
        yield Node(gateway, number)


async def signed_on(node: Node, client_id: str, held: Held, **over: Any) -> dict[str, Any]:
    """Sign a citizen on at a service that shows a certificate and no more."""
    someone = await node.gateway.citizen(client_id)
    named = {"client_id": client_id}
    code = await node.code(someone, client_id, named, held, **over)
    answer = await node.post("/token", code.form() | named, held)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
