"""Group AZ on the way through pages: POST, hints, frames, cancelling, other people's links.

Specs: OpenID Connect Core §3.1.2, RFC 6749 §4.1.2.1, RFC 9700 §4.11, §4.12 and §4.16.
"""

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from tests.support import jws, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

ABROAD = {"origin": "https://rp.example", "sec-fetch-site": "cross-site"}
PASSWORD = "a quiet harbour at dawn"


def address(**over: Any) -> str:
    return f"/authorize?{urlencode(asked(**over))}"


@pytest.mark.parametrize("more", ["", "x" * 12_000], ids=["small", "large"])
async def test_a_posted_request_is_one_of_the_browser(
    gateway: Gateway, ana: Citizen, more: str
) -> None:
    """AZ-16: posted from another site without the session's cookie, seen with it."""
    claims = '{"userinfo":{"email":null' + (f',"{more}":null' if more else "") + "}}"
    form = asked(claims=claims)

    posted = await gateway.post("/authorize", form, headers=ABROAD)
    assert (posted.status_code, "set-cookie" in posted.headers) == (303, False)
    browser = Browser(gateway, ana.cookie)
    answer = await browser.follow(posted.headers["location"])

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["state"] == "the state"
    code = services.Code(told["code"], "basic", "v" * 43, CALLBACK)
    assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"redirect_uri": "https://evil.example/cb"}, None),
        ({"client_id": "nobody"}, None),
        ({"client_id": "gov"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_large_posted_request_is_judged_like_any_other(
    gateway: Gateway, over: dict[str, str], error: str | None
) -> None:
    large = {"extra": "x" * 12_000}
    async with gateway.unchanged():
        answer = await gateway.post("/authorize", asked(**over) | large, headers=ABROAD)

    if error is None:
        verdicts.page(answer)
    else:
        assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"] == error


async def test_a_hint_of_another_citizen_gets_no_token(gateway: Gateway, ana: Citizen) -> None:
    """AZ-22: neither hers nor theirs."""
    other = await gateway.citizen("basic")
    hint = (await services.tokens(gateway, other))["id_token"]

    async with gateway.unchanged():
        silent = await gateway.get(address(id_token_hint=hint, prompt="none"), headers=ana.headers)
    loud = await gateway.get(address(id_token_hint=hint), headers=ana.headers)

    told = verdicts.sent_back(silent, CALLBACK, gateway.issuer)
    assert told["error"] == "login_required"
    assert loud.headers["location"].startswith("/login?i=")


async def test_a_hint_of_the_same_citizen_is_silent(gateway: Gateway, ana: Citizen) -> None:
    hint = (await services.tokens(gateway, ana))["id_token"]

    answer = await gateway.get(address(id_token_hint=hint, prompt="none"), headers=ana.headers)

    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)


async def test_core_3_1_2_2_only_the_subject_that_is_asked_for_is_answered_about(
    gateway: Gateway, ana: Citizen
) -> None:
    """AZ-22, Core §5.5.1: whoever else is signed in here."""
    other = await gateway.citizen("basic")
    wanted = verdicts.claims((await services.tokens(gateway, other))["id_token"])["sub"]
    claims = json.dumps({"id_token": {"sub": {"value": wanted}}})

    async with gateway.unchanged():
        silent = await gateway.get(address(claims=claims, prompt="none"), headers=ana.headers)
    loud = await gateway.get(address(claims=claims), headers=ana.headers)
    right = await gateway.get(address(claims=claims, prompt="none"), headers=other.headers)

    told = verdicts.sent_back(silent, CALLBACK, gateway.issuer)
    assert told["error"] == "login_required"
    assert loud.headers["location"].startswith("/login?i=")
    assert "code" in verdicts.sent_back(right, CALLBACK, gateway.issuer)


@pytest.mark.parametrize("kind", ["none", "foreign", "altered", "other-client", "no-jwt", "logout"])
async def test_a_hint_that_is_not_ours_is_refused(
    gateway: Gateway, ana: Citizen, kind: str
) -> None:
    """AZ-23."""
    genuine = (await services.tokens(gateway, ana))["id_token"]
    claims = verdicts.claims(genuine)
    hint = {
        "none": jwt.encode(claims, None, algorithm="none"),
        "foreign": jwt.encode(claims, services.STRANGER, algorithm="ES256"),
        "altered": jws.altered(genuine),
        "other-client": genuine,
        "no-jwt": "no.jwt.at-all",
        "logout": jwt.encode(
            claims, services.STRANGER, algorithm="ES256", headers={"typ": "logout+jwt"}
        ),
    }[kind]
    client_id = "waived" if kind == "other-client" else "basic"
    await gateway.agree(ana.account, "waived")

    async with gateway.unchanged():
        answer = await gateway.get(
            address(client_id=client_id, id_token_hint=hint), headers=ana.headers
        )

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"


async def test_no_page_can_be_framed(gateway: Gateway, ana: Citizen) -> None:
    """AZ-32."""
    fresh = await gateway.citizen()
    browser, member = Browser(gateway), Browser(gateway, fresh.cookie)
    shown = [
        await browser.follow(address()),
        await member.follow(address()),
        await gateway.get("/authorize?client_id=nobody"),
        await gateway.get("/logout", headers=ana.headers),
        await gateway.get("/account", headers=ana.headers),
        await gateway.get("/account/sessions", headers=ana.headers),
        *[await gateway.get(path) for path in ("/device", "/create", "/admin/login", "/logout")],
        await gateway.get("/"),
        await gateway.get("/nowhere"),
    ]

    for page in shown:
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], page.url
        assert page.headers["x-frame-options"] == "DENY"
        assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_a_password_never_travels_with_a_redirect(gateway: Gateway) -> None:
    """AZ-34: 303 after each form, and SE-22: nothing secret in an address."""
    someone = await gateway.citizen("basic")
    await gateway.set_password(someone.account, PASSWORD)
    browser = Browser(gateway)
    start = await browser.follow(address())
    path, form = browser.form(start, "login-submit")
    named = await browser.send("POST", path, {**form, "username": someone.email})
    page = await browser.follow(named.headers["location"])
    path, form = browser.form(page, "login-submit")

    answer = await browser.send("POST", path, {**form, "password": PASSWORD})

    assert (named.status_code, answer.status_code) == (303, 303)
    assert "@" not in named.headers["location"]
    assert PASSWORD not in answer.headers["location"]


@pytest.mark.parametrize("pushed", [False, True], ids=["brought", "pushed"])
async def test_cancelling_tells_the_service_and_leaves_no_code(
    gateway: Gateway, pushed: bool
) -> None:
    """AZ-35: the request is used up by the refusal."""
    request = {"client_id": "basic", "request_uri": await services.push(gateway)}
    start = f"/authorize?{urlencode(request)}" if pushed else address()
    browser = Browser(gateway)
    page = await browser.follow(start)
    async with gateway.unchanged("relying_parties.interactions", "relying_parties.pushed_requests"):
        answer = await browser.fill(page, "cancel")

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert (told["error"], told["state"]) == ("access_denied", "the state")
    if pushed:
        verdicts.page(await gateway.get(start))


async def test_declining_to_share_shares_nothing(gateway: Gateway) -> None:
    """AZ-35, at the share page."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(address())
    async with gateway.unchanged("relying_parties.interactions"):
        answer = await browser.fill(page, "consent-deny", {"answer": "deny"})

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "access_denied"


@pytest.mark.parametrize("signed_in", [False, True])
async def test_an_interaction_belongs_to_the_browser_that_began_it(
    gateway: Gateway, ana: Citizen, signed_in: bool
) -> None:
    """AZ-37, AZ-38: knowing its id is worth nothing, with a session or without."""
    attacker = Browser(gateway)
    page = await attacker.follow(address())
    i = attacker.form(page, "login-submit")[1]["i"]
    victim = Browser(gateway, ana.cookie if signed_in else "")

    async with gateway.unchanged():
        resumed = await victim.send("GET", f"/authorize/{i}")
        shared = await victim.send("GET", f"/consent/{i}")
        login = await victim.send("GET", f"/login?i={i}")

    verdicts.page(resumed)
    for answer in (shared, login):
        assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_a_pushed_request_is_its_own_client_s(gateway: Gateway, ana: Citizen) -> None:
    """AZ-40."""
    pushed = await services.push(gateway)
    query = urlencode({"client_id": "waived", "request_uri": pushed})
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?{query}", headers=ana.headers)

    verdicts.page(answer)


async def test_request_and_request_uri_do_not_mix(gateway: Gateway, ana: Citizen) -> None:
    """AZ-41."""
    pushed = await services.push(gateway)
    query = urlencode({"client_id": "basic", "request_uri": pushed, "request": "a.b.c"})
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?{query}", headers=ana.headers)

    verdicts.page(answer)


async def test_an_offline_token_needs_the_citizen_s_word(gateway: Gateway) -> None:
    """A scope that was not agreed to is not claimed in the answer (RFC 6749 §3.3)."""
    someone = await gateway.citizen()
    await gateway.agree(someone.account, "basic", offline=False)

    told = await services.tokens(gateway, someone, scope="openid profile offline_access")

    assert "refresh_token" not in told
    assert told["scope"] == "openid profile"
