"""Groups CA and MT: who shows a certificate, what it proves, and how it reaches us.

Specs: RFC 8705 §2, §5 and §6; RFC 9440.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway import settings
from gateway.cli.conformance import certificates as our_own
from gateway.oauth import metadata
from gateway.oauth.endpoints import trial
from gateway.routes import ROUTES
from gateway.settings import CERTIFICATE_HEADERS
from gateway.web.certificates import HEADERS
from tests.support import services, verdicts
from tests.support.gateway import Gateway
from tests.support.mutual import (
    ALIAS,
    AUTHORITY,
    BERTHS,
    FOR_SERVERS,
    HEADER,
    NAMED,
    OTHER,
    OWN,
    STRANGER,
    Held,
    Node,
    context,
    handed,
    issued,
)
from tests.support.services import document


async def asks(mutual: Node, client_id: str, held: Held | None) -> httpx2.Response:
    """Ask about a token: the cheapest way to prove who one is."""
    return await mutual.post("/introspect", {"client_id": client_id, "token": "t"}, held)


# Who a client is (RFC 8705 §2).


@pytest.mark.parametrize("member", NAMED)
async def test_an_authority_vouches_for_the_registered_name(mutual: Node, member: str) -> None:
    """MT-1, RFC 8705 §2.1.2: one kind of name each; another kind is another name."""
    client_id, held = f"tls-{member.lower()}", NAMED[member][1]

    assert (await asks(mutual, client_id, held)).status_code == 200
    for other in {*(each for _, each in NAMED.values()), OTHER} - {held}:
        verdicts.refused(await asks(mutual, client_id, other), "invalid_client", 401)


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(None, id="RFC8705-2-none"),
        pytest.param(issued(by=STRANGER), id="CA-26-authority-of-the-same-name"),
        pytest.param(issued(), id="CA-26-of-its-own-making"),
        pytest.param(issued(by=AUTHORITY, ends=timedelta(minutes=-1)), id="MT-4-expired"),
        pytest.param(issued(by=AUTHORITY, begins=timedelta(hours=1)), id="CA-26-not-yet"),
        pytest.param(issued(by=AUTHORITY, use=FOR_SERVERS), id="RFC5280-4.2.1.12-server"),
        pytest.param(issued(by=OTHER), id="RFC5280-4.2.1.9-by-no-authority"),
        pytest.param(issued(by=OWN), id="RFC5280-4.2.1.9-by-one-that-is-listed"),
        pytest.param(issued("CN=Berths,O=Harbour,C=GB", AUTHORITY), id="RFC4514-letters"),
        pytest.param(issued("O=Harbour,CN=berths,C=GB", AUTHORITY), id="RFC4514-order"),
        pytest.param(issued("CN=berths,O=Harbour", AUTHORITY), id="RFC4514-shorter"),
        pytest.param(issued("CN=berths\\,O\\=Harbour,C=GB", AUTHORITY), id="RFC4514-escaped"),
        pytest.param(OTHER, id="CA-26-of-another-client"),
    ],
)
async def test_what_nobody_vouches_for_is_nobody(mutual: Node, held: Held | None) -> None:
    async with mutual.gateway.unchanged():
        answer = await asks(mutual, "tls-subjectdn", held)

    verdicts.refused(answer, "invalid_client", 401)
    unknown = await asks(mutual, "nobody", held)
    assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content)


async def test_one_that_is_listed_itself_vouches_for_nobody(mutual: Node) -> None:
    """Its holder chose the name in it, so it must not stand for an authority's word."""
    await mutual.gateway.service(
        document(
            "listed", profile="fapi2", auth={"method": "tls_client_auth", "subjectDn": "CN=self"}
        )
    )
    await mutual.gateway.settled()

    verdicts.refused(await asks(mutual, "listed", OWN), "invalid_client", 401)


async def test_a_self_signed_certificate_is_the_registered_one(mutual: Node) -> None:
    """RFC 8705 §2.2: by ``x5c`` the very certificate, else one of the very key."""
    renewed = issued("CN=self", key=OWN.key)
    copied = issued("CN=self")  # CA-26: the same name, another key

    assert (await asks(mutual, "own", OWN)).status_code == 200
    assert (await asks(mutual, "own-key", OWN)).status_code == 200
    assert (await asks(mutual, "own-key", renewed)).status_code == 200
    for client_id, held in (("own", renewed), ("own", copied), ("own-key", copied)):
        verdicts.refused(await asks(mutual, client_id, held), "invalid_client", 401)


async def test_an_expired_self_signed_certificate_is_refused(mutual: Node) -> None:
    """MT-4, CA-26: though its key is the registered one."""
    expired = issued("CN=self", key=OWN.key, ends=timedelta(minutes=-1))

    verdicts.refused(await asks(mutual, "own-key", expired), "invalid_client", 401)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(rsa.generate_private_key(65537, 2048), id="RSA"),
    ],
)
async def test_a_key_of_another_kind_is_not_the_registered_one(mutual: Node, key: Any) -> None:
    verdicts.refused(
        await asks(mutual, "own-key", issued("CN=self", key=key)), "invalid_client", 401
    )


async def test_a_certificate_is_the_way_of_those_who_registered_it(mutual: Node) -> None:
    """CA-02: nobody gets in without their secret, nor with it in place of the certificate."""
    verdicts.refused(await asks(mutual, "basic", BERTHS), "invalid_client", 401)
    form = {"client_id": "vouched", "token": "t", "client_secret": "x"}
    verdicts.refused(await mutual.post("/introspect", form, BERTHS), "invalid_client", 401)
    form = {"client_id": "vouched", "token": "t"} | services.by_assertion("e30.e30.AA")
    verdicts.refused(await mutual.post("/introspect", form, BERTHS), "invalid_client", 401)


async def test_the_client_says_its_id(mutual: Node) -> None:
    """RFC 8705 §2: REQUIRED; a certificate alone names nobody."""
    verdicts.refused(
        await mutual.post("/introspect", {"token": "t"}, BERTHS), "invalid_client", 401
    )


async def test_a_secret_does_beside_a_certificate(mutual: Node) -> None:
    """It is not a second way of authentication: tokens may be bound to it all the same."""
    lines = [*services.proves(mutual.gateway, "basic").headers.items(), *handed(BERTHS)]

    answer = await mutual.gateway.post(
        "/introspect", {"token": "t"}, headers=lines, node=mutual.number
    )

    assert answer.json() == {"active": False}


# How a certificate reaches us (RFC 8705 §5 and §6).


@pytest.mark.parametrize("name", [HEADER, "Client-Cert", "X-SSL-Client-Cert"])
async def test_a_header_from_anybody_is_not_believed(mutual: Node, name: str) -> None:
    """CA-25, MT-2: at a process without a proxy, whatever the header is called."""
    form = {"client_id": "vouched", "token": "t"}
    value = BERTHS.structured if name == "Client-Cert" else BERTHS.escaped
    lines = [("host", ALIAS), (name, value), ("X-Forwarded-For", "127.0.0.1")]

    answer = await mutual.gateway.post("/introspect", form, headers=lines, node=0)

    verdicts.refused(answer, "invalid_client", 401)


async def test_a_header_at_the_issuer_s_own_host_is_not_believed(mutual: Node) -> None:
    """CA-25: there no proxy asks for certificates, so none takes the header out."""
    form = {"client_id": "vouched", "token": "t"}

    answer = await mutual.gateway.post(
        "/introspect", form, headers=[(HEADER, BERTHS.escaped)], node=mutual.number
    )

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize(
    "name", ["Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "SSL_Client_Cert"]
)
async def test_a_header_that_was_not_agreed_is_not_believed(mutual: Node, name: str) -> None:
    """CA-25: the proxy takes out the one that it sets, and no other."""
    for value in (BERTHS.escaped, BERTHS.structured):
        lines = [("host", ALIAS), (name, value)]
        form = {"client_id": "vouched", "token": "t"}
        answer = await mutual.gateway.post("/introspect", form, headers=lines, node=mutual.number)
        verdicts.refused(answer, "invalid_client", 401)


PEM = BERTHS.escaped


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([PEM, PEM], id="two-headers"),
        pytest.param([PEM, OTHER.escaped], id="two-headers-that-differ"),
        pytest.param([PEM + OTHER.escaped], id="two-certificates"),
        pytest.param([f"{PEM}, {PEM}"], id="joined-by-a-comma"),
        pytest.param([BERTHS.structured], id="as-RFC9440-has-it"),
        pytest.param([PEM[: len(PEM) // 2]], id="cut"),
        pytest.param([PEM.replace("CERTIFICATE", "X509%20CRL")], id="of-another-kind"),
        pytest.param(["%2D%2D%2D%2D%2DBEGIN%20CERTIFICATE%2D%2D%2D%2D%2D"], id="no-end"),
        pytest.param([PEM.replace("MII", "MI%00")], id="zero-byte"),
        pytest.param(["x" * 13_000], id="long"),
        pytest.param(["%ff%fe"], id="not-ascii"),
        pytest.param(["(null)"], id="words"),
        pytest.param([""], id="empty"),
    ],
)
async def test_a_header_that_cannot_be_read_proves_nothing(mutual: Node, lines: list[str]) -> None:
    """CA-25: and is an answer like any other, never an accident."""
    given = [("host", ALIAS), *((HEADER, line) for line in lines)]
    form = {"client_id": "tls-subjectdn", "token": "t"}

    answer = await mutual.gateway.post("/introspect", form, headers=given, node=mutual.number)

    verdicts.refused(answer, "invalid_client", 401)


def test_every_header_has_its_setting() -> None:
    assert tuple(HEADERS) == CERTIFICATE_HEADERS


@pytest.mark.parametrize(
    ("line", "right"),
    [
        pytest.param(BERTHS.structured, True, id="RFC9440-2.2"),
        pytest.param(BERTHS.structured.replace(":", ""), False, id="no-colons"),
        pytest.param(BERTHS.structured + ";a=b", False, id="parameters"),
        pytest.param(BERTHS.structured.replace("M", "-", 1), False, id="base64url"),
        pytest.param(f"{BERTHS.structured}, {BERTHS.structured}", False, id="a-list"),
        pytest.param(BERTHS.escaped, False, id="PEM"),
        pytest.param("::", False, id="empty"),
    ],
)
async def test_a_proxy_may_speak_as_rfc_9440(
    mutual: Node, tmp_path: Path, line: str, right: bool
) -> None:
    (tmp_path / "authorities.pem").write_text(AUTHORITY.pem)
    async with mutual.gateway.another(
        GATEHOUSE_TRUSTED_PROXIES="127.0.0.1",
        GATEHOUSE_CERTIFICATE_HEADER="Client-Cert",
        GATEHOUSE_CLIENT_AUTHORITIES=str(tmp_path / "authorities.pem"),
    ) as number:
        answer = await mutual.gateway.post(
            "/introspect",
            {"client_id": "vouched", "token": "t"},
            headers=[("host", ALIAS), ("Client-Cert", line)],
            node=number,
        )

    assert answer.status_code == (200 if right else 401), answer.text


async def test_the_alias_host_is_for_clients_alone(mutual: Node) -> None:
    """RFC 8705 §5: a browser there would ask its person for a certificate."""
    aliased = [route for route in ROUTES if route.aliased]

    assert set(metadata.ALIASED.values()) <= {route.path.partition("/{")[0] for route in aliased}
    assert {route.kind for route in aliased} == {"protocol"}
    for path in (
        trial.PATH,
        "/authorize",
        "/login",
        "/",
        "/jwks",
        "/register",
        metadata_path(),
        "/nowhere",
    ):
        answer = await mutual.gateway.get(path, headers={"host": ALIAS}, node=mutual.number)
        assert (answer.status_code, answer.content) == (421, b""), path


def metadata_path() -> str:
    return "/.well-known/openid-configuration"


async def test_metadata_says_where_certificates_are_shown(mutual: Node) -> None:
    """MT-5, RFC 8705 §3.3 and §5."""
    told = (await mutual.gateway.get(metadata_path(), node=mutual.number)).json()

    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert told["mtls_endpoint_aliases"] == {
        name: f"https://{ALIAS}{path}" for name, path in metadata.ALIASED.items()
    }
    assert set(told["mtls_endpoint_aliases"]) <= told.keys()
    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        methods = told[f"{name}_auth_methods_supported"]
        assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(methods)
    of_resource = "/.well-known/oauth-protected-resource/userinfo"
    resource = (await mutual.gateway.get(of_resource, node=mutual.number)).json()
    assert resource["tls_client_certificate_bound_access_tokens"] is True


def test_without_an_alias_nothing_is_offered(gateway: Gateway) -> None:
    """RFC 8414 §2: metadata never says what does not work."""
    environment = {**gateway.environment, "GATEHOUSE_MTLS_ADDRESS": ""}
    bare = metadata.document(settings.read(environment))
    aliased = metadata.document(settings.read(dict(gateway.environment)))

    assert not {name for name in bare if "tls" in name}
    assert not {name for name in bare["token_endpoint_auth_methods_supported"] if "tls" in name}
    # Nobody vouches here, but a certificate can be registered itself.
    assert "self_signed_tls_client_auth" in aliased["token_endpoint_auth_methods_supported"]
    assert "tls_client_auth" not in aliased["token_endpoint_auth_methods_supported"]


async def test_our_own_process_asks_for_certificates(mutual: Node, tmp_path: Path) -> None:
    """RFC 8705 §6.5: TLS ends at us; what a header says there is nobody's word."""
    pair = our_own.own(tmp_path, ("localhost",))
    (tmp_path / "authorities.pem").write_text(AUTHORITY.pem)
    tls = ["--certificate", str(pair.certificate), "--key", str(pair.key)]
    form = {"client_id": "vouched", "token": "t"}
    async with mutual.gateway.another(
        *tls,
        "--client-certificates",
        GATEHOUSE_CLIENT_AUTHORITIES=str(tmp_path / "authorities.pem"),
        GATEHOUSE_CERTIFICATE_HEADER=HEADER,
        GATEHOUSE_TRUSTED_PROXIES="127.0.0.1",
    ) as number:
        address = f"https://127.0.0.1:{mutual.gateway.ports[number]}/introspect"

        async def ask(held: Held | None, *lines: tuple[str, str]) -> httpx2.Response:
            shown = held.written(tmp_path) if held else None
            tls = context(pair.certificate, shown)
            async with httpx2.AsyncClient(verify=tls, trust_env=False) as http:
                return await http.post(address, data=form, headers=[("host", ALIAS), *lines])

        assert (await ask(BERTHS)).status_code == 200
        verdicts.refused(await ask(OTHER), "invalid_client", 401)
        verdicts.refused(await ask(None), "invalid_client", 401)
        verdicts.refused(await ask(None, (HEADER, BERTHS.escaped)), "invalid_client", 401)
        verdicts.refused(await ask(OTHER, (HEADER, BERTHS.escaped)), "invalid_client", 401)
        plain = ("host", mutual.gateway.authority)
        with pytest.raises(httpx2.HTTPError):  # an authority that we do not know
            await ask(issued(by=STRANGER))
        tls_to_it = context(pair.certificate, BERTHS.written(tmp_path))
        async with httpx2.AsyncClient(verify=tls_to_it, trust_env=False) as http:
            answer = await http.post(address, data=form, headers=[plain])
        verdicts.refused(answer, "invalid_client", 401)
