"""Scripts of other origins: Fetch §3.2 and RFC 9700 §2.6."""

from typing import Any

import pytest

from relying_parties import origins, registration
from tests import factories
from tests.support import dpop, services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import APP

PAGE = "https://spa.example"  # of the service ``spa``
SHARED = ("/token", "/userinfo", "/par", "/revoke")
KEPT = ("/authorize", "/introspect", "/register", "/device_authorization", "/login", "/device")
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "dpop"}


def said(answer: Any) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control")}


@pytest.mark.parametrize("path", SHARED)
async def test_a_browser_asks_first(gateway: Gateway, path: str) -> None:
    answer = await gateway.ask("OPTIONS", path, headers={"origin": PAGE, **PREFLIGHT})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "dpop"} <= {*allowed}
    assert "access-control-allow-credentials" not in answer.headers
    assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize("path", SHARED)
async def test_its_script_reads_answers_and_errors(gateway: Gateway, path: str) -> None:
    answer = await gateway.post(path, {"client_id": "nobody"}, headers={"origin": PAGE})

    assert answer.status_code in (400, 401)
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "dpop-nonce" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://evil.example", id="RFC9700-2.6-not-registered"),
        pytest.param("https://spa.example.evil.example", id="RFC9700-2.6-longer"),
        pytest.param("http://spa.example", id="RFC6454-5-another-scheme"),
        pytest.param("https://spa.example:8443", id="RFC6454-5-another-port"),
        pytest.param("https://SPA.example", id="Fetch-3.2-not-as-browsers-spell-it"),
        pytest.param("https://rp.example", id="RFC9700-2.6-of-a-service-with-a-secret"),
        pytest.param("null", id="Fetch-3.2-null"),
        pytest.param("", id="Fetch-3.2-empty"),
    ],
)
async def test_other_scripts_read_nothing(gateway: Gateway, origin: str) -> None:
    asked = await gateway.ask("OPTIONS", "/token", headers={"origin": origin, **PREFLIGHT})
    posted = await gateway.post("/token", {"client_id": "nobody"}, headers={"origin": origin})

    assert asked.status_code == 405
    assert said(asked) == said(posted) == set()


@pytest.mark.parametrize("path", KEPT)
async def test_pages_and_other_endpoints_are_never_shared(gateway: Gateway, path: str) -> None:
    """RFC9700-2.6: above all not the authorization endpoint."""
    asked = await gateway.ask("OPTIONS", path, headers={"origin": PAGE, **PREFLIGHT})
    read = await gateway.get(path, headers={"origin": PAGE})

    assert asked.status_code == 405
    assert said(asked) == said(read) == set()


async def test_what_is_public_is_everybodys(gateway: Gateway) -> None:
    for path in ("/.well-known/openid-configuration", "/jwks"):
        answer = await gateway.get(path, headers={"origin": "https://evil.example"})

        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_page_signs_a_citizen_in(gateway: Gateway, ana: Citizen) -> None:
    """RFC9449-8: with a key, and with the nonce that its script must be able to see."""
    await gateway.agree(ana.account, "spa")
    code = await services.code(gateway, ana, "spa", redirect_uri=f"{PAGE}/cb")
    form, origin = code.form(client_id="spa"), {"origin": PAGE}

    first = await gateway.post("/token", form, headers={"dpop": dpop.proof(gateway), **origin})
    nonce = first.headers["dpop-nonce"]
    proof = dpop.proof(gateway, nonce=nonce)
    answer = await gateway.post("/token", form, headers={"dpop": proof, **origin})

    assert first.json()["error"] == "use_dpop_nonce"
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    shown = dpop.proof(gateway, "/userinfo", method="GET", token=token)
    read = await gateway.get(
        "/userinfo", headers={"authorization": f"DPoP {token}", "dpop": shown, **origin}
    )
    assert read.json()["sub"] == verdicts.claims(answer.json()["id_token"])["sub"]
    assert read.headers["access-control-allow-origin"] == PAGE


async def test_a_page_that_was_switched_off_reads_nothing(gateway: Gateway) -> None:
    gone = {"profile": "native-public", "auth": {"method": "none"}}
    await gateway.service(services.document("gone", redirectUris=["https://gone.example/"], **gone))
    await gateway.settled()
    before = await gateway.post("/token", {}, headers={"origin": "https://gone.example"})
    await gateway.rows(
        "WITH gone AS (UPDATE relying_parties.clients SET status = 'suspended'"
        " WHERE client_id = 'gone') UPDATE relying_parties.registry SET version = version + 1"
    )
    await gateway.settled()
    after = await gateway.post("/token", {}, headers={"origin": "https://gone.example"})

    assert (len(said(before)), said(after)) == (2, set())


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://spa.example/cb", {"https://spa.example"}),
        ("https://spa.example:443/cb?x=1", {"https://spa.example"}),
        ("https://SPA.example:8443/", {"https://spa.example:8443"}),
        ("http://[::1]:3000/cb", {"http://[::1]:3000"}),
        (APP, {"http://127.0.0.1"}),
        ("gov.example.app:/cb", set()),
    ],
)
def test_an_origin_is_spelt_as_browsers_do(uri: str, origin: set[str]) -> None:
    """RFC6454-6.1: without the usual port, in small letters; an app's own scheme is none."""
    public = {"profile": "native-public", "auth": {"method": "none"}, "redirectUris": [uri]}
    made = registration.read(factories.a_document("spa", **public))

    assert origins.of(made) == origin
