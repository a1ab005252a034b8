"""Older products prove who they are with what they made of their secret: ``client_secret_jwt``.

Specs: OpenID Connect Core §9 and §10.1, RFC 7523 §3, RFC 8725 §2.1 and §3.1, RFC 7591 §2.
"""

import asyncio
import json
import re
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.cli.services import rules
from gateway.runtime import now
from relying_parties import clients, metadata, onboarding, sealed_secrets
from relying_parties.profiles import PROFILES
from tests.support import jws, newcomers, services, verdicts
from tests.support.administration import officer
from tests.support.browser import Browser
from tests.support.gateway import Gateway
from tests.support.services import EC_KEY, assertion, by_assertion

METHOD = {"method": "client_secret_jwt"}
KNOWN = {"grant_type": "refresh_token", "refresh_token": "nothing"}
NUMBERS = count(1)


@pytest.fixture(scope="module", autouse=True)
async def old(gateway: Gateway) -> None:
    """Two services that sign with a secret, one of which published keys, too."""
    await gateway.service(services.document("old", auth=METHOD))
    keys = {"jwks": services.jwks(ec=EC_KEY)}
    await gateway.service(services.document("old-keys", auth=METHOD | keys))
    await gateway.settled()


def signed(gateway: Gateway, client_id: str = "old", *, secret: str = "", **over: Any) -> str:
    """Sign an assertion with the service's secret, as Core §9 has it."""
    header: dict[str, Any] = {"kid": None} | over.pop("header", {})
    secret = secret or gateway.secrets[client_id]
    return assertion(gateway, client_id, key=secret, alg="HS256", header=header, **over)


async def told(gateway: Gateway, form: Any, headers: Any = None, *, node: int = 0) -> Any:
    return await gateway.post("/token", KNOWN | form, headers=headers or {}, node=node)


async def refused(gateway: Gateway, form: Any, headers: Any = None) -> Any:
    async with gateway.unchanged():
        answer = await told(gateway, form, headers)
    verdicts.refused(answer, "invalid_client", 401)
    return answer


async def accepted(gateway: Gateway, form: Any, *, node: int = 0) -> None:
    verdicts.refused(await told(gateway, form, node=node), "invalid_grant")


@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/revoke"])
async def test_core_9_a_service_signs_with_its_secret(gateway: Gateway, path: str) -> None:
    rest = services.asked("old") if path == "/par" else {"token": "x"} if path[1] != "t" else KNOWN

    answer = await gateway.post(path, rest | by_assertion(signed(gateway)))

    said = answer.json() if answer.content else {}
    assert said.get("error") in (None, "invalid_grant"), said


async def test_core_9_it_signs_somebody_in(gateway: Gateway) -> None:
    someone = await gateway.citizen("old")
    code = await services.code(gateway, someone, "old")

    answer = await gateway.post("/token", code.form() | by_assertion(signed(gateway)))

    assert answer.status_code == 200, answer.text
    assert verdicts.claims(answer.json()["id_token"])["aud"] == "old"


@pytest.mark.parametrize("aud", ["issuer", "token-endpoint"])
async def test_core_9_the_audience_may_be_the_token_endpoint(gateway: Gateway, aud: str) -> None:
    place = gateway.issuer if aud == "issuer" else f"{gateway.issuer}/token"

    await accepted(gateway, by_assertion(signed(gateway, aud=place)))


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"iss": "old-keys"}, id="RFC7523-3-1-iss"),
        pytest.param({"iss": None}, id="RFC7523-3-1-no-iss"),
        pytest.param({"sub": "old-keys"}, id="RFC7523-3-2-sub"),
        pytest.param({"sub": None}, id="RFC7523-3-2-no-sub"),
        pytest.param({"aud": "https://other.example"}, id="RFC7523-3-3-aud"),
        pytest.param({"aud": None}, id="RFC7523-3-3-no-aud"),
        pytest.param({"exp": None}, id="RFC7523-3-4-no-exp"),
        pytest.param({"exp": -60}, id="RFC7523-3-4-past"),
        pytest.param({"exp": 7200}, id="RFC7523-3-4-far"),
        pytest.param({"nbf": 120}, id="RFC7523-3-5-nbf"),
        pytest.param({"iat": 120}, id="RFC7523-3-6-iat"),
        pytest.param({"jti": None}, id="Core-9-no-jti"),
        pytest.param({"secret": "x" * 43}, id="RFC7523-3-9-another-secret"),
        pytest.param({"header": {"typ": "dpop+jwt"}}, id="RFC8725-3.11-typ"),
    ],
)
async def test_the_rules_are_those_of_a_key(gateway: Gateway, over: dict[str, Any]) -> None:
    at = int(now().timestamp())
    dated = {
        name: at + value if name in ("exp", "iat", "nbf") and value is not None else value
        for name, value in over.items()
    }

    answer = await refused(gateway, by_assertion(signed(gateway, **dated)))
    unknown = await refused(gateway, by_assertion(signed(gateway, client_id="old", sub="nobody")))

    assert (answer.content, answer.headers.keys()) == (unknown.content, unknown.headers.keys())


async def test_core_9_it_works_once_at_all_processes(gateway: Gateway) -> None:
    form = by_assertion(signed(gateway))

    answers = await asyncio.gather(*(told(gateway, form, node=n % 2) for n in range(50)))

    said = sorted(answer.json()["error"] for answer in answers)
    assert said == ["invalid_client"] * 49 + ["invalid_grant"]


@pytest.mark.parametrize("alg", ["HS384", "HS512", "none", "hs256"])
async def test_rfc8725_3_1_no_other_algorithm(gateway: Gateway, alg: str) -> None:
    header = {"alg": alg, "typ": "client-authentication+jwt"}
    claims = verdicts.claims(signed(gateway))

    made = jws.hmac_made(claims, header, gateway.secrets["old"].encode())

    await refused(gateway, by_assertion(made))


def published() -> dict[str, bytes]:
    """What anybody can see of a key, in each way that it may be spelt."""
    public = EC_KEY.public_key()
    jwk = services.jwks(ec=EC_KEY)["keys"][0]
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        "pem": public.public_bytes(serialization.Encoding.PEM, info),
        "der": public.public_bytes(serialization.Encoding.DER, info),
        "jwk": json.dumps(jwk).encode(),
        "x": jwk["x"].encode(),
        "empty": b"",
        "client-id": b"old-keys",
    }


@pytest.mark.parametrize("client_id", ["old-keys", "objects"])
@pytest.mark.parametrize("kid", ["ec", None])
@pytest.mark.parametrize("name", published())
async def test_rfc8725_2_1_a_key_is_no_secret(
    gateway: Gateway, client_id: str, kid: str | None, name: str
) -> None:
    claims = verdicts.claims(assertion(gateway, client_id))
    header = {"alg": "HS256", "kid": kid, "typ": "client-authentication+jwt"}

    await refused(gateway, by_assertion(jws.hmac_made(claims, header, published()[name])))


async def test_rfc8725_2_1_a_secret_is_no_key(gateway: Gateway) -> None:
    """A service that registered its secret is not let in by the keys that it publishes."""
    await refused(gateway, by_assertion(assertion(gateway, "old-keys")))
    await accepted(gateway, by_assertion(signed(gateway, "old-keys")))


@pytest.mark.parametrize("way", ["basic", "post", "none"])
async def test_core_9_only_the_registered_way_counts(gateway: Gateway, way: str) -> None:
    secret = gateway.secrets["old"]
    form, headers = {
        "basic": ({}, services.basic("old", secret)),
        "post": ({"client_id": "old", "client_secret": secret}, {}),
        "none": ({"client_id": "old"}, {}),
    }[way]

    await refused(gateway, form, headers)


async def test_a_service_of_a_plain_secret_signs_nothing(gateway: Gateway) -> None:
    """Its secret is a digest here: neither that nor the secret makes an assertion."""
    secret = gateway.secrets["basic"]

    await refused(gateway, by_assertion(signed(gateway, "basic", secret=secret)))


async def test_core_16_19_the_secret_is_ours_and_sealed(gateway: Gateway) -> None:
    """256 bits at least; what is kept of it opens in its own row alone."""
    secret = gateway.secrets["old"]
    rows = await gateway.rows(
        "SELECT id, client_id, sealed FROM relying_parties.client_secrets"
        " WHERE client_id IN ('old', 'old-keys', 'basic')"
    )
    kept = {row["client_id"]: row for row in rows}
    sealer = gateway.runtime.vault.sealer

    assert len(secret) * 6 >= 256
    assert not await newcomers.holds(gateway, secret)
    assert sealed_secrets.opened(sealer, kept["old"]["sealed"], kept["old"]["id"]) == secret
    assert kept["basic"]["sealed"] is None


async def test_a_secret_moved_to_another_service_opens_nothing(gateway: Gateway) -> None:
    """Whoever can write the table still can't make one service sign for another."""
    victim, thief = (f"moved-{next(NUMBERS)}" for _ in range(2))
    for name in (victim, thief):
        await gateway.service(services.document(name, auth=METHOD))
    await gateway.rows(
        "UPDATE relying_parties.client_secrets SET sealed = (SELECT sealed FROM"
        f" relying_parties.client_secrets WHERE client_id = '{thief}')"
        f" WHERE client_id = '{victim}' RETURNING client_id"
    )
    await gateway.settled()

    await refused(gateway, by_assertion(signed(gateway, victim)))
    await refused(gateway, by_assertion(signed(gateway, victim, secret=gateway.secrets[thief])))


async def test_the_secret_before_verifies_for_a_day(gateway: Gateway) -> None:
    """CA-28: then it is kept no longer."""
    name = f"renewed-{next(NUMBERS)}"
    first = await gateway.service(services.document(name, auth=METHOD))
    sealer = gateway.runtime.vault.sealer
    async with gateway.runtime.entry() as entry:
        second = await clients.issue_secret(entry, name, by="test", sealer=sealer)
    await gateway.settled()

    for secret in (first, second):
        await accepted(gateway, by_assertion(signed(gateway, name, secret=secret)))

    async with gateway.runtime.entry() as entry:
        third = await clients.issue_secret(
            entry, name, by="test", overlap=timedelta(0), sealer=sealer
        )
        await sealed_secrets.purge(entry)
    await gateway.settled()
    kept = await gateway.rows(
        "SELECT sealed IS NULL AS gone FROM relying_parties.client_secrets"
        f" WHERE client_id = '{name}' ORDER BY created_at"
    )
    assert [row["gone"] for row in kept] == [True, True, False]
    await refused(gateway, by_assertion(signed(gateway, name, secret=second)))
    await accepted(gateway, by_assertion(signed(gateway, name, secret=third)))


@pytest.mark.parametrize("end", ["another-way", "retired"])
async def test_nothing_is_kept_of_who_signs_no_more(gateway: Gateway, end: str) -> None:
    name = f"over-{next(NUMBERS)}"
    await gateway.service(services.document(name, auth=METHOD))

    if end == "retired":
        async with gateway.runtime.entry() as entry:
            await clients.retire(entry, name, by="test")
    else:
        await gateway.service(services.document(name))

    kept = await gateway.rows(
        f"SELECT sealed FROM relying_parties.client_secrets WHERE client_id = '{name}'"
    )
    assert [row["sealed"] for row in kept] == [None]


async def test_a_service_that_begins_to_sign_gets_a_secret_for_it(gateway: Gateway) -> None:
    """A digest verifies nothing, so the secret that it had can't be the one."""
    name = f"begins-{next(NUMBERS)}"
    before = await gateway.service(services.document(name))

    after = await gateway.service(services.document(name, auth=METHOD))

    assert after
    assert after != before
    await gateway.settled()
    await accepted(gateway, by_assertion(signed(gateway, name)))
    await refused(gateway, by_assertion(signed(gateway, name, secret=before)))


@pytest.mark.parametrize("profile", sorted(set(PROFILES) - {"oidc-basic"}))
async def test_only_older_products_may(profile: str) -> None:
    """RFC 9700 §2.5, FAPI 2.0 §5.3.2.1: nothing that whoever verifies it could have made."""
    assert "client_secret_jwt" not in PROFILES[profile].auth_methods


@pytest.mark.parametrize(
    ("spec", "good"),
    [
        pytest.param({"auth": METHOD, "assertionAlg": "HS256"}, True, id="HS256"),
        pytest.param({"auth": METHOD, "assertionAlg": "HS512"}, False, id="HS512"),
        pytest.param({"auth": METHOD, "assertionAlg": "ES256"}, False, id="of-keys"),
        pytest.param({"assertionAlg": "HS256"}, False, id="without-the-way"),
        pytest.param({"auth": METHOD, "requestAlg": "HS256"}, False, id="request-objects"),
    ],
)
async def test_registration_2_the_algorithm_fits_the_way(
    gateway: Gateway, spec: dict[str, Any], good: bool
) -> None:
    document = services.document("judged", **spec)

    problems = metadata.problems(document, rules(gateway.runtime))

    assert bool(problems) is not good, problems


async def test_rfc7591_a_service_registers_it_and_is_told_its_secret(gateway: Gateway) -> None:
    said = {"token_endpoint_auth_method": "client_secret_jwt"}
    async with gateway.another(GATEHOUSE_OPEN_REGISTRATION="true") as node:
        made = await newcomers.registered(
            gateway, node=node, token_endpoint_auth_signing_alg="HS256", **said
        )
    name, secret = made["client_id"], made["client_secret"]
    await gateway.settled()

    assert (made["token_endpoint_auth_method"], made["token_endpoint_auth_signing_alg"]) == (
        "client_secret_jwt",
        "HS256",
    )
    await accepted(gateway, by_assertion(signed(gateway, name, secret=secret)))


async def test_rfc7592_a_service_changes_over_to_it(gateway: Gateway) -> None:
    """It is told the new secret at once, and the one before works until the review."""
    made = await newcomers.registered(gateway)
    name = made["client_id"]
    ours = ("registration_", "client_secret_expires_at", "client_id_issued_at")
    kept = {member: value for member, value in made.items() if not member.startswith(ours)}

    answer = await newcomers.manage(
        gateway, "PUT", made, json=kept | {"token_endpoint_auth_method": "client_secret_jwt"}
    )
    again = await newcomers.manage(gateway, "GET", made)

    assert answer.status_code == 200, answer.text
    secret = answer.json()["client_secret"]
    assert secret != made["client_secret"]
    assert "client_secret" not in again.json()
    async with gateway.runtime.entry() as entry:
        await onboarding.approve(entry, name, 2, by="operator")
    await gateway.settled()
    await accepted(gateway, by_assertion(signed(gateway, name, secret=secret)))
    await refused(gateway, by_assertion(signed(gateway, name, secret=made["client_secret"])))


async def test_a_no_to_the_change_leaves_nothing(gateway: Gateway) -> None:
    """It had its secret before its review; the way was never registered."""
    made = await newcomers.registered(gateway)
    name = made["client_id"]
    ours = ("registration_", "client_secret_expires_at", "client_id_issued_at")
    kept = {member: value for member, value in made.items() if not member.startswith(ours)}
    wish = kept | {"token_endpoint_auth_method": "client_secret_jwt"}
    await newcomers.manage(gateway, "PUT", made, json=wish)
    sql = (
        "SELECT count(sealed) AS kept FROM relying_parties.client_secrets"
        f" WHERE client_id = '{name}'"
    )

    counts = []
    for refusing in (False, True):
        async with gateway.runtime.entry() as entry:
            if refusing:
                await onboarding.refuse(entry, name, 2, by="operator", reason="take a key")
            await sealed_secrets.purge(entry)
        counts += [row["kept"] for row in await gateway.rows(sql)]

    assert counts == [1, 0]


async def test_rfc7591_an_algorithm_of_keys_is_refused(gateway: Gateway) -> None:
    answer = await newcomers.register(
        gateway,
        token_endpoint_auth_method="client_secret_jwt",
        token_endpoint_auth_signing_alg="ES256",
    )

    verdicts.refused(answer, "invalid_client_metadata")
    assert "token_endpoint_auth_signing_alg" in answer.json()["error_description"]


async def test_discovery_names_it_beside_its_algorithm(gateway: Gateway) -> None:
    """Discovery §3: and for nothing but client authentication."""
    said = (await gateway.get("/.well-known/openid-configuration")).json()

    for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert "client_secret_jwt" in said[f"{name}_auth_methods_supported"]
        assert "HS256" in said[f"{name}_auth_signing_alg_values_supported"]
    others = [
        value
        for name, value in said.items()
        if name.endswith("_values_supported") and "endpoint_auth" not in name
    ]
    assert not any("HS256" in value for value in others)


async def test_the_page_of_a_service_issues_its_secret(gateway: Gateway) -> None:
    registrar = await officer(gateway, "registrar")
    name = f"page-{next(NUMBERS)}"
    await gateway.service(services.document(name))
    await gateway.rows(
        f"DELETE FROM relying_parties.client_secrets WHERE client_id = '{name}' RETURNING id"
    )
    document = services.document(name, auth=METHOD)
    async with gateway.runtime.entry() as entry:
        await onboarding.draft(entry, document, author="test", rules=rules(gateway.runtime))
        await onboarding.submit(entry, name, 2, by="test")
        await onboarding.approve(entry, name, 2, by="operator")
    await gateway.settled()
    browser = Browser(gateway, registrar.cookie)
    page = await browser.follow(f"/admin/services/{name}")

    issued = await browser.fill(page, "first-secret")

    after = await browser.follow(f"/admin/services/{name}")
    assert 'id="first-secret"' not in after.text
    shown = re.search(r'id="client-secret"><bdi dir="ltr">([^<]+)<', issued.text)
    assert shown
    await gateway.settled()
    await accepted(gateway, by_assertion(signed(gateway, name, secret=shown[1])))
