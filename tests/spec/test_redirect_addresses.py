"""Group RU: an address is one of the registered ones, byte for byte, or nobody is sent there.

Specs: RFC 6749 §3.1.2 and §4.1.3, RFC 8252 §7.3, RFC 9700 §2.1 and §4.1.
"""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, SECOND, asked

FOREIGN = [
    pytest.param(f"{CALLBACK}/", id="RU-01-slash"),
    pytest.param(f"{CALLBACK}?x=1", id="RU-01-query"),
    pytest.param(f"{CALLBACK}#", id="RU-01-fragment"),
    pytest.param("https://rp.example/CB", id="RU-01-case"),
    pytest.param(f"{CALLBACK}%2f", id="RU-01-escape"),
    pytest.param(f"{CALLBACK};x", id="RU-01-parameter"),
    pytest.param(f"{SECOND}&more=1", id="RU-01-more-query"),
    pytest.param("https://rp.example/%63b", id="RU-01-encoded-letter"),
    pytest.param("https://rp.example/x/../cb", id="RU-01-dots"),
    pytest.param("https://rp.example.evil.org/cb", id="RU-02-super-domain"),
    pytest.param("https://x.rp.example/cb", id="RU-02-sub-domain"),
    pytest.param("https://evil.org/https://rp.example/cb", id="RU-02-inside"),
    pytest.param("https://rp.example@evil.org/cb", id="RU-03-userinfo"),
    pytest.param("https://rp.example\\@evil.org/cb", id="RU-04-backslash"),
    pytest.param("https://evil.org\\.rp.example/cb", id="RU-04-backslash-host"),
    pytest.param(f" {CALLBACK}", id="RU-05-space"),
    pytest.param("https://rp.\texample/cb", id="RU-05-tab"),
    pytest.param(f"{CALLBACK}\n", id="RU-05-newline"),
    pytest.param(f"{CALLBACK}\0", id="RU-05-nul"),
    pytest.param("https://rp.example:443/cb", id="RU-07-port"),
    pytest.param("https://rp.example:/cb", id="RU-07-empty-port"),
    pytest.param("https://RP.example/cb", id="RU-07-host-case"),
    pytest.param("http://rp.example/cb", id="RU-08-http"),
    pytest.param("//rp.example/cb", id="RU-09-no-scheme"),
    pytest.param("javascript:alert(1)", id="RU-11-javascript"),
    pytest.param("https://rp。example/cb", id="RU-14-full-width-dot"),
    pytest.param(f"{CALLBACK}?{'x' * 6000}", id="RU-19-long"),
]


@pytest.mark.parametrize("uri", FOREIGN)
async def test_nobody_is_sent_to_an_address_that_differs(
    gateway: Gateway, ana: Citizen, uri: str
) -> None:
    async with gateway.unchanged():
        answer = await gateway.get(
            f"/authorize?{urlencode(asked(redirect_uri=uri))}", headers=ana.headers
        )

    verdicts.page(answer)


@pytest.mark.parametrize("uri", [one for one in FOREIGN if one.id != "RU-05-nul"])
async def test_an_address_that_differs_cannot_be_pushed(gateway: Gateway, uri: str) -> None:
    proof = services.proves(gateway, "basic")
    async with gateway.unchanged():
        answer = await gateway.post("/par", asked(redirect_uri=uri), headers=proof.headers)

    verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize(
    "over",
    [
        {"response_type": "bogus"},
        {"scope": "bogus"},
        {"code_challenge": None},
        {"prompt": "none"},
        {"claims": "{"},
        {"response_mode": "form_post"},
        {"request": "x"},
    ],
    ids=lambda over: f"RU-17-{next(iter(over))}",
)
async def test_no_error_is_told_to_an_unregistered_address(
    gateway: Gateway, ana: Citizen, over: Any
) -> None:
    async with gateway.unchanged():
        query = urlencode(asked(redirect_uri="https://evil.example/cb", **over))
        answer = await gateway.get(f"/authorize?{query}", headers=ana.headers)

    assert "evil.example" not in answer.headers["content-security-policy"]
    verdicts.page(answer)


@pytest.mark.parametrize("uri", [SECOND, None, f"{CALLBACK}/", CALLBACK.upper()])
async def test_a_code_is_redeemed_with_the_address_that_it_went_to(
    gateway: Gateway, ana: Citizen, uri: str | None
) -> None:
    """RU-16."""
    code = await services.code(gateway, ana)

    answer = await services.redeem(gateway, code, redirect_uri=uri)

    verdicts.refused(answer, "invalid_grant")
    issued = await gateway.rows(
        "SELECT 1 FROM relying_parties.access_tokens WHERE code = sha256($1::bytea)",
        code.value.encode(),
    )
    assert not issued


async def test_an_address_that_is_gone_gets_no_answer(gateway: Gateway) -> None:
    """RU-20: removed while the citizen was reading."""
    await gateway.service(services.document("moving"))
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked('moving'))}")
    path, form = browser.form(page, "consent-allow")
    allowed = await browser.send("POST", path, {**form, "answer": "allow", "duration": "until"})
    await gateway.service(services.document("moving", redirectUris=[SECOND]))
    await gateway.settled()

    async with gateway.unchanged():
        answer = await browser.follow(allowed.headers["location"])

    verdicts.page(answer)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"])
async def test_an_app_chooses_its_port(gateway: Gateway, uri: str) -> None:
    """RFC 8252 §7.3: of the loopback address, and only the port."""
    someone = await gateway.citizen("app")

    code = await services.code(gateway, someone, "app", redirect_uri=uri)

    assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:1/cb2", "http://localhost:1/cb", "http://127.0.0.1.evil.org/cb",
            "http://127.0.0.1:1@evil.org/cb", "http://127.0.0.1:/cb", "https://127.0.0.1:1/cb",
            "http://127.0.0.1:123456/cb"]
)  # fmt: skip
async def test_an_app_chooses_nothing_else(gateway: Gateway, uri: str) -> None:
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?{urlencode(asked('app', redirect_uri=uri))}")

    verdicts.page(answer)
