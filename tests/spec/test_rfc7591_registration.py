"""Group AD over HTTP: a service registers itself, let in by its agency's token.

Specs: RFC 7591, OpenID Connect Registration 1.0; security: AD-07 to AD-13.
"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from relying_parties import client_metadata, clients, onboarding
from tests.support import newcomers, services, verdicts
from tests.support.administration import officer
from tests.support.browser import Browser
from tests.support.gateway import Gateway
from tests.support.newcomers import register, registered
from tests.support.peers import a_peer
from tests.support.services import CALLBACK, EC_KEY, RSA_KEY

PLAIN = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
OTHER_HOST = "https://other.example/cb"


@pytest.fixture(scope="module")
async def open_node(gateway: Gateway) -> AsyncIterator[int]:
    """A process at which registered services are live at once."""
    async with gateway.another(GATEHOUSE_OPEN_REGISTRATION="true") as number:
        yield number


@pytest.fixture(scope="module")
async def pacing_node(gateway: Gateway) -> AsyncIterator[int]:
    async with gateway.another(GATEHOUSE_RATE_LIMITS="true") as number:
        yield number


async def test_the_endpoint_is_announced(gateway: Gateway) -> None:
    """Discovery §3."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert told["registration_endpoint"] == f"{gateway.issuer}/register"


async def test_the_answer_says_how_the_service_is_registered(gateway: Gateway) -> None:
    """RFC 7591 §3.2.1, OIDC Registration §3.2: defaults too, a secret that is shown once."""
    answer = await register(
        gateway, contacts=["help@rp.example"], policy_uri="https://rp.example/p"
    )

    told = answer.json()
    assert answer.status_code == 201
    verdicts.private(answer)
    expected: dict[str, Any] = {
        "client_name": "Newcomer",
        "redirect_uris": [CALLBACK],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "authorization_signed_response_alg": "RS256",
        "subject_type": "pairwise",
        "contacts": ["help@rp.example"],
        "policy_uri": "https://rp.example/p",
        "client_secret_expires_at": 0,
        "registration_client_uri": f"{gateway.issuer}/register/{told['client_id']}",
    }
    assert {name: told[name] for name in expected} == expected
    assert told["client_id_issued_at"] > 1_700_000_000
    assert not await newcomers.holds(gateway, told["client_secret"])
    assert not await newcomers.holds(gateway, told["registration_access_token"])


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="AD-07-none"),
        pytest.param({"authorization": "Bearer"}, id="AD-07-empty"),
        pytest.param({"authorization": "Bearer guessed"}, id="DCR-2-unknown"),
        pytest.param({"authorization": "Basic Z3Vlc3NlZDo="}, id="AD-07-another-scheme"),
    ],
)
async def test_nobody_registers_without_a_good_token(
    gateway: Gateway, headers: dict[str, str]
) -> None:
    """RFC 7591 §3, RFC 6750 §3."""
    async with gateway.unchanged():
        answer = await gateway.ask("POST", "/register", headers=headers, json=newcomers.said())

    verdicts.refused(answer, "invalid_token", 401)
    named = ' error="invalid_token"' if headers else ""
    assert answer.headers["www-authenticate"] == f"Bearer{named}"


async def test_a_token_works_for_so_many_services_and_for_so_long(gateway: Gateway) -> None:
    """AD-07: counted and expiring; what was refused used nothing up."""
    twice = await newcomers.invited(gateway, uses=2)
    over = await newcomers.invited(gateway, lives=timedelta(0))

    bad = await register(gateway, token=twice, redirect_uris=["https://rp.example/#x"])
    good = [await register(gateway, token=twice) for _ in range(2)]
    late = [await register(gateway, token=twice), await register(gateway, token=over)]

    assert [bad.status_code, *(one.status_code for one in good)] == [400, 201, 201]
    assert [one.status_code for one in late] == [401, 401]


async def test_a_token_is_for_one_agency_and_for_nothing_else(gateway: Gateway) -> None:
    """AD-07, AD-23: whatever the service says of itself."""
    token = await newcomers.invited(gateway, "southtown")

    elsewhere = await gateway.get("/userinfo", headers=newcomers.bearing(token))
    told = (await register(gateway, token=token, agency="northtown")).json()

    assert elsewhere.status_code == 401
    rows = await gateway.rows(
        "SELECT agency_id FROM relying_parties.clients WHERE client_id = $1", told["client_id"]
    )
    assert [row["agency_id"] for row in rows] == ["southtown"]
    assert not await newcomers.holds(gateway, token)


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param(
            {"redirect_uris": ["https://rp.example/cb#part"]},
            "invalid_redirect_uri",
            id="DCR-3-fragment",
        ),
        pytest.param({"redirect_uris": []}, "invalid_redirect_uri", id="RFC7591-2-no-address"),
        pytest.param({"redirect_uris": None}, "invalid_redirect_uri", id="OIDCR-2-missing"),
        pytest.param(
            {"redirect_uris": None, "client_name": None},
            "invalid_redirect_uri",
            id="RFC7591-3.2.2-the-address-goes-first",
        ),
        pytest.param({"redirect_uris": CALLBACK}, "invalid_redirect_uri", id="AD-11-text"),
        pytest.param({"redirect_uris": [None]}, "invalid_redirect_uri", id="AD-11-null-inside"),
        pytest.param(
            {"redirect_uris": [f"https://rp.example/{n}" for n in range(1000)]},
            "invalid_redirect_uri",
            id="AD-11-a-thousand",
        ),
        pytest.param(
            {"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri", id="OIDCR-2-http"
        ),
        pytest.param(
            {"redirect_uris": ["org.example.app:/cb"], "token_endpoint_auth_method": "none"},
            "invalid_redirect_uri",
            id="OIDCR-2-web-with-an-app's-address",
        ),
        pytest.param(
            {"jwks": services.jwks(ec=EC_KEY), "jwks_uri": "https://rp.example/jwks"},
            "invalid_client_metadata",
            id="DCR-4-keys-twice",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "private_key_jwt"},
            "invalid_client_metadata",
            id="RFC7591-2-no-keys",
        ),
        pytest.param(
            {"jwks_uri": "http://169.254.169.254/"}, "invalid_client_metadata", id="DCR-6-metadata"
        ),
        pytest.param(
            {"initiate_login_uri": "http://rp.example/begin"},
            "invalid_client_metadata",
            id="TPI-1-http",
        ),
        pytest.param(
            {"initiate_login_uri": "http://localhost:8443/begin"},
            "invalid_client_metadata",
            id="TPI-1-http-to-this-machine",
        ),
        pytest.param(
            {"response_types": ["token"]}, "invalid_client_metadata", id="RFC7591-2.1-token"
        ),
        pytest.param(
            {"grant_types": ["refresh_token"]},
            "invalid_client_metadata",
            id="RFC7591-2.1-code-without-its-grant",
        ),
        pytest.param(
            {"grant_types": ["authorization_code", "client_credentials"]},
            "invalid_client_metadata",
            id="AD-08-grant-outside",
        ),
        pytest.param(
            {"request_object_signing_alg": "none"}, "invalid_client_metadata", id="OIDCR-2-unsigned"
        ),
        pytest.param(
            {"token_endpoint_auth_signing_alg": "HS256"},
            "invalid_client_metadata",
            id="OIDCR-2-symmetric",
        ),
        pytest.param({"subject_type": "public"}, "invalid_client_metadata", id="OIDCR-2-public"),
        pytest.param({"application_type": "desktop"}, "invalid_client_metadata", id="OIDCR-2-kind"),
        pytest.param(
            {"token_endpoint_auth_method": "tls_client_auth"},
            "invalid_client_metadata",
            id="RFC7591-2-method",
        ),
        pytest.param(
            {"id_token_signed_response_alg": "none"}, "invalid_client_metadata", id="OIDCR-2-none"
        ),
        pytest.param(
            {"authorization_signed_response_alg": "none"}, "invalid_client_metadata", id="JM-5"
        ),
        pytest.param(
            {"id_token_encrypted_response_alg": "RSA-OAEP-256"},
            "invalid_client_metadata",
            id="OIDCR-2-encryption-without-a-key",
        ),
        pytest.param(
            {"userinfo_encrypted_response_enc": "A256GCM"},
            "invalid_client_metadata",
            id="OIDCR-2-enc-without-alg",
        ),
        pytest.param(
            {"request_object_encryption_alg": "RSA1_5"}, "invalid_client_metadata", id="OIDCR-2-rsa"
        ),
        pytest.param(
            {"authorization_signed_response_alg": "ES256"},
            "invalid_client_metadata",
            id="JARM-3-another-than-its-ID-tokens",
        ),
        pytest.param(
            {"introspection_encrypted_response_alg": "RSA-OAEP-256"},
            "invalid_client_metadata",
            id="RFC9701-6-encryption",
        ),
        pytest.param({"default_max_age": 60}, "invalid_client_metadata", id="OIDCR-2-max-age"),
        pytest.param(
            {"tls_client_certificate_bound_access_tokens": "yes"},
            "invalid_client_metadata",
            id="RFC8705-3.4",
        ),
        pytest.param({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata", id="AD-10-js"),
        pytest.param({"policy_uri": "data:text/html,x"}, "invalid_client_metadata", id="AD-10"),
        pytest.param({"tos_uri": "http://rp.example/t"}, "invalid_client_metadata", id="AD-10-tos"),
        pytest.param({"client_uri": ["https://rp.example"]}, "invalid_client_metadata", id="AD-11"),
        pytest.param({"client_name": "<b>x</b>"}, "invalid_client_metadata", id="RFC7591-5-markup"),
        pytest.param({"client_name": "Pay\u202epal"}, "invalid_client_metadata", id="RFC7591-5"),
        pytest.param(
            {"token_endpoint_auth_method": ["client_secret_basic"]},
            "invalid_client_metadata",
            id="RFC7591-2-method-in-a-list",
        ),
        pytest.param({"client_name#": "Empty"}, "invalid_client_metadata", id="RFC7591-2.2-tag"),
        pytest.param({"contacts": [{"a": 1}]}, "invalid_client_metadata", id="AD-11-contact"),
        pytest.param(
            {"frontchannel_logout_uri": "https://["}, "invalid_client_metadata", id="AD-11-no-host"
        ),
        pytest.param(
            {"redirect_uris": ["https://["], "frontchannel_logout_uri": "https://rp.example/"},
            "invalid_redirect_uri",
            id="AD-11-no-host-beside-one",
        ),
        pytest.param({"software_statement": "x"}, "invalid_software_statement", id="AD-13"),
        pytest.param(
            {"software_statement": services.by_assertion("e30.e30.")["client_assertion"]},
            "invalid_software_statement",
            id="AD-13-unsigned",
        ),
    ],
)
async def test_what_breaks_a_rule_is_refused(
    gateway: Gateway, over: dict[str, Any], error: str
) -> None:
    """RFC 7591 §3.2.2, OIDC Registration §3.3: and nothing is written, no token used up."""
    token = await newcomers.invited(gateway)

    async with gateway.unchanged():
        answer = await register(gateway, token=token, **over)

    verdicts.refused(answer, error)


async def test_a_stranger_s_statement_is_not_approved(gateway: Gateway) -> None:
    """AD-13, RFC 7591 §3.2.2."""
    statement = services.assertion(gateway, "gov")

    verdicts.refused(
        await register(gateway, software_statement=statement), "unapproved_software_statement"
    )


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"redirect_uris":[],"redirect_uris":[]}', b"\xff", b"[" * 5000]
)
async def test_a_body_that_is_no_object_is_refused(gateway: Gateway, body: bytes) -> None:
    """AD-11."""
    token = await newcomers.invited(gateway)
    headers = {**newcomers.bearing(token), "content-type": "application/json"}

    async with gateway.unchanged():
        answer = await gateway.ask("POST", "/register", headers=headers, content=body)

    verdicts.refused(answer, "invalid_client_metadata")


async def test_a_body_is_bounded_and_json(gateway: Gateway) -> None:
    """AD-11, RFC 7591 §3.1."""
    token = newcomers.bearing(await newcomers.invited(gateway))
    large = json.dumps(newcomers.said(software_id="x" * 1_000_000)).encode()
    as_json = {**token, "content-type": "application/json"}

    too_large = await gateway.ask("POST", "/register", headers=as_json, content=large)
    a_form = await gateway.post("/register", {"redirect_uris": CALLBACK}, headers=token)

    assert (too_large.status_code, a_form.status_code) == (413, 415)


async def test_what_we_do_not_know_is_dropped(gateway: Gateway) -> None:
    """DCR-7, RFC 7591 §2: so are words of ours that the service has no business with."""
    told = await registered(
        gateway,
        software_id="4NRB1-0XZABZI9E6-5SM3R",
        purposes=[{"id": "x"}],
        selfRegistered=False,
        profile="fapi2",
        claims=["tax_identifier"],
        service_account=True,
    )

    assert not {"software_id", "purposes", "selfRegistered", "profile", "claims"} & told.keys()
    version = await newest(gateway, told["client_id"])
    assert version.document["spec"]["selfRegistered"] is True
    assert version.document["spec"]["profile"] == "oidc-basic"


async def test_names_in_languages(gateway: Gateway) -> None:
    """RFC 7591 §2.2; without any name a service is called by its host."""
    named = await registered(gateway, **{"client_name": "Library", "client_name#fr": "Biblio"})
    nameless = await registered(gateway, client_name=None)

    assert (named["client_name"], named["client_name#fr"]) == ("Library", "Biblio")
    assert nameless["client_name"] == "rp.example"


async def test_a_null_says_nothing(gateway: Gateway) -> None:
    """AD-11."""
    token = await newcomers.invited(gateway)

    answer = await gateway.ask(
        "POST",
        "/register",
        headers=newcomers.bearing(token),
        json=newcomers.said() | {"logo_uri": None, "jwks": None, "scope": None},
    )

    assert answer.status_code == 201
    assert "logo_uri" not in answer.json()


@pytest.mark.parametrize(
    ("listed", "good"),
    [
        pytest.param([CALLBACK, OTHER_HOST], True, id="OIDCR-5-lists-all"),
        pytest.param([CALLBACK, OTHER_HOST, "https://third.example/cb"], True, id="OIDCR-5-more"),
        pytest.param([CALLBACK], False, id="DCR-5-lacks-one"),
        pytest.param([CALLBACK, OTHER_HOST, 7], False, id="OIDCR-5-no-text"),
        pytest.param({CALLBACK: OTHER_HOST}, False, id="OIDCR-5-no-list"),
    ],
)
async def test_a_sector_document_lists_every_address(
    gateway: Gateway, listed: Any, good: bool
) -> None:
    """OIDC Registration §5."""
    async with a_peer(PLAIN + json.dumps(listed).encode()) as (port, heard):
        sector = f"http://127.0.0.1:{port}/sector"
        answer = await register(
            gateway, redirect_uris=[CALLBACK, OTHER_HOST], sector_identifier_uri=sector
        )

    assert len(heard) == 1
    if good:
        assert answer.json()["sector_identifier_uri"] == sector
    else:
        verdicts.refused(answer, "invalid_client_metadata")


@pytest.mark.parametrize(
    "uri",
    ["https://169.254.169.254/latest", "https://10.0.0.1/", "http://rp.example/", "https://[::1]/"],
)
async def test_a_sector_document_of_our_own_network_is_not_asked(
    gateway: Gateway, uri: str
) -> None:
    """SS-01."""
    verdicts.refused(await register(gateway, sector_identifier_uri=uri), "invalid_client_metadata")


async def test_in_earnest_it_waits_for_its_review(gateway: Gateway) -> None:
    """AD-05: until then it is nobody; the reviewer sees that it registered itself."""
    told = await registered(gateway, scope="openid email")
    client_id = told["client_id"]
    form = {"grant_type": "authorization_code", "code": "c", "redirect_uri": CALLBACK}
    basic = services.basic(client_id, told["client_secret"])

    page = await gateway.get(f"/authorize?{urlencode(services.asked(client_id))}")
    token = await gateway.post("/token", form, headers=basic)

    verdicts.page(page)
    verdicts.refused(token, "invalid_client", 401)
    judge = await officer(gateway, "registrar")
    address = f"/admin/services/{client_id}/versions/1"
    review = await gateway.get(address, headers=judge.headers)
    assert "This service registered itself." in review.text
    browser = Browser(gateway, judge.cookie)
    await browser.fill(await browser.send("GET", address), "approve", {"answer": "approve"})
    await gateway.settled()
    someone = await gateway.citizen()
    consent = await Browser(gateway, someone.cookie).follow(
        f"/authorize?{urlencode(services.asked(client_id))}"
    )
    assert "This service registered itself with us." in consent.text
    assert "Email address" in consent.text
    assert "Given names" not in consent.text


async def test_a_service_registers_itself_for_devices(gateway: Gateway) -> None:
    """RFC8628-3.4, RFC7591-2: by the name of the grant type, which it is told back."""
    wished = ["authorization_code", "refresh_token", client_metadata.DEVICE]

    told = await registered(gateway, grant_types=wished)

    assert told["grant_types"] == wished


async def test_where_it_is_open_it_signs_people_in_at_once(
    gateway: Gateway, open_node: int
) -> None:
    """DCR-1: with the claims of the standard scopes, and none that need care."""
    told = await registered(
        gateway, node=open_node, grant_types=["authorization_code", "refresh_token"]
    )
    gateway.secrets[told["client_id"]] = told["client_secret"]
    someone = await gateway.citizen(told["client_id"])

    tokens = await services.tokens(
        gateway, someone, told["client_id"], scope="openid email offline_access"
    )

    assert verdicts.claims(tokens["id_token"])["aud"] == told["client_id"]
    assert tokens["refresh_token"]
    userinfo = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert userinfo.json()["email"] == someone.email
    assert told["scope"] == "openid profile email address phone offline_access"
    async with gateway.runtime.entry() as entry:
        client = await clients.find(entry, told["client_id"])
    assert client
    assert client.registration.self_registered
    assert not {"picture", "tax_identifier", "documents"} & client.registration.asked.keys()


async def test_who_names_an_algorithm_is_held_to_it(gateway: Gateway, open_node: int) -> None:
    """OIDC Registration §2: an assertion with any other is refused."""
    keys = services.jwks(ec=EC_KEY, rsa=RSA_KEY)
    told = await registered(
        gateway,
        node=open_node,
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="RS256",
        jwks=keys,
    )
    form = {"grant_type": "authorization_code", "code": "c", "redirect_uri": CALLBACK}
    named = services.assertion(
        gateway, told["client_id"], key=RSA_KEY, alg="RS256", header={"kid": "rsa"}
    )
    other = services.assertion(gateway, told["client_id"])

    let_in = await gateway.post("/token", form | services.by_assertion(named))
    refused = await gateway.post("/token", form | services.by_assertion(other))

    assert told["token_endpoint_auth_signing_alg"] == "RS256"
    verdicts.refused(let_in, "invalid_grant")
    verdicts.refused(refused, "invalid_client", 401)


async def test_addresses_at_several_hosts_are_of_the_agency_s_sector(gateway: Gateway) -> None:
    """Core §8.1: the token of the agency joins them, as a sector document would."""
    told = await registered(gateway, redirect_uris=[CALLBACK, OTHER_HOST])

    assert told["redirect_uris"] == [CALLBACK, OTHER_HOST]
    assert "sector_identifier_uri" not in told


async def test_an_app_registers_as_one(gateway: Gateway) -> None:
    """RFC 8252 §8.4, OIDC Registration §2: no secret, and the device's own addresses."""
    told = await registered(
        gateway,
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["http://127.0.0.1/cb", "org.example.app:/cb"],
    )

    assert told["application_type"] == "native"
    assert "client_secret" not in told
    assert "client_secret_expires_at" not in told


async def test_who_proves_a_key_and_pushes_gets_the_standard_profile(gateway: Gateway) -> None:
    """RFC 9126 §6, RFC 9449 §5.2, RFC 9101 §10.5."""
    told = await registered(
        gateway,
        token_endpoint_auth_method="private_key_jwt",
        jwks=services.jwks(ec=EC_KEY),
        require_pushed_authorization_requests=True,
        require_signed_request_object=True,
        dpop_bound_access_tokens=True,
    )

    assert "client_secret" not in told
    assert told["require_pushed_authorization_requests"] is True
    assert told["dpop_bound_access_tokens"] is True
    version = await newest(gateway, told["client_id"])
    assert version.document["spec"]["profile"] == "gov-standard"


async def test_a_network_registers_so_many_and_then_waits(
    gateway: Gateway, pacing_node: int
) -> None:
    """AD-11, RFC 6585 §4."""
    while (answer := await register(gateway, token="guessed", node=pacing_node)).status_code == 401:
        pass

    verdicts.refused(answer, "temporarily_unavailable", 429)
    assert int(answer.headers["retry-after"]) >= 1


async def test_the_front_page_lets_a_service_begin_its_own_login(
    gateway: Gateway, open_node: int
) -> None:
    """TPI-3, TPI-4, Core §4: who sends the citizen, where to, and nothing of the citizen."""
    told = await registered(
        gateway,
        node=open_node,
        client_uri="https://rp.example/home?a=1",
        initiate_login_uri="https://rp.example/begin?kept=1",
    )
    foreign = await registered(
        gateway,
        node=open_node,
        client_uri="https://elsewhere.example/",
        initiate_login_uri="https://rp.example/begin",
    )

    pages = [
        (await gateway.get(f"/services/{one['client_id']}", node=open_node)).text
        for one in (told, foreign)
    ]

    begins = {"iss": gateway.issuer, "target_link_uri": "https://rp.example/home?a=1"}
    link = f"https://rp.example/begin?kept=1&{urlencode(begins)}"
    assert f'href="{link.replace("&", "&amp;")}"' in pages[0]
    assert f'href="https://rp.example/begin?{urlencode({"iss": gateway.issuer})}"' in pages[1]


async def newest(gateway: Gateway, client_id: str) -> onboarding.Version:
    async with gateway.runtime.entry() as entry:
        return (await onboarding.versions(entry, client_id))[0]


CIBA: dict[str, Any] = {
    "redirect_uris": None,
    "response_types": [],
    "grant_types": ["refresh_token", client_metadata.CIBA],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": services.jwks(ec=EC_KEY),
    "backchannel_token_delivery_mode": "ping",
    "backchannel_client_notification_endpoint": "https://rp.example/ping",
    "backchannel_authentication_request_signing_alg": "ES256",
    "backchannel_user_code_parameter": False,
}


async def test_a_service_that_asks_from_behind_registers_itself(gateway: Gateway) -> None:
    """CIBA Core §4: without a browser, and without response types."""
    told = await registered(gateway, **CIBA)

    said = {name: value for name, value in CIBA.items() if value is not None}
    assert {name: told.get(name, False) for name in said} == said
    assert told["id_token_signed_response_alg"] == "ES256"


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"backchannel_user_code_parameter": True}, id="CIBA-4-user-code"),
        pytest.param({"backchannel_token_delivery_mode": "push"}, id="FAPI-CIBA-push"),
        pytest.param({"backchannel_token_delivery_mode": None}, id="CIBA-4-no-mode"),
        pytest.param({"backchannel_client_notification_endpoint": None}, id="CIBA-4-no-address"),
        pytest.param({"backchannel_authentication_request_signing_alg": "RS256"}, id="RS256"),
        pytest.param({"token_endpoint_auth_method": "client_secret_basic"}, id="FAPI-CIBA-secret"),
        pytest.param({"response_types": ["code"]}, id="code-without-an-address"),
        pytest.param({"grant_types": ["authorization_code"]}, id="CIBA-4-no-grant"),
    ],
)
async def test_what_nobody_can_ask_with_is_refused(gateway: Gateway, over: dict[str, Any]) -> None:
    answer = await register(gateway, **CIBA | over)

    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri")
