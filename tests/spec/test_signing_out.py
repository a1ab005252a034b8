"""Group LO: signing out at the wish of a service, or of a page that only says so.

Specs: OpenID Connect RP-Initiated Logout 1.0 §2 and §3, ASVS 10.6.
"""

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
import pytest

from relying_parties import clients
from tests.support import jws, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import AFTER, STRANGER


async def alive(gateway: Gateway, someone: Citizen) -> bool:
    """Whether the citizen is signed in."""
    return (await gateway.get("/account", headers=someone.headers, node=1)).status_code == 200


def logout(**given: str) -> str:
    return f"/logout?{urlencode(given)}"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_id": "basic"},
        {"state": "x"},
        {"post_logout_redirect_uri": AFTER},
        {"client_id": "basic", "post_logout_redirect_uri": AFTER, "state": "x"},
        {"logout_hint": "ana"},
        {"answer": "yes"},
    ],
    ids=lambda given: "-".join(given) or "bare",
)
async def test_any_page_can_ask_and_only_the_citizen_decides(
    gateway: Gateway, ana: Citizen, given: dict[str, str]
) -> None:
    """LO-01: an image that points here ends nothing."""
    abroad = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "image"}
    async with gateway.unchanged():
        answer = await gateway.get(logout(**given), headers={**ana.headers, **abroad})

    assert answer.status_code == 200
    assert 'id="logout-confirm"' in answer.text
    assert await alive(gateway, ana)


async def test_a_hint_of_this_session_is_enough(gateway: Gateway, ana: Citizen) -> None:
    """The service proves that it is about this very session."""
    told = await services.tokens(gateway, ana)
    state = "a b&c=é"

    answer = await gateway.get(
        logout(id_token_hint=told["id_token"], post_logout_redirect_uri=AFTER, state=state),
        headers=ana.headers,
    )

    address = urlsplit(answer.headers["location"])
    assert (answer.status_code, address._replace(query="").geturl()) == (303, AFTER)
    assert parse_qs(address.query) == {"state": [state]}
    assert not await alive(gateway, ana)
    read = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {told['access_token']}"}, node=1
    )
    assert read.status_code == 401


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        pytest.param({}, "", id="no-post-logout-redirect-uri"),
        pytest.param({"state": "x"}, "", id="state-alone"),
        pytest.param({"post_logout_redirect_uri": AFTER}, AFTER, id="no-state"),
    ],
)
async def test_only_what_was_sent_comes_back(
    gateway: Gateway, ana: Citizen, given: dict[str, str], leads: str
) -> None:
    """RP-Initiated Logout 1.0 §3: no address, no redirect; no state, none at the address."""
    hint = (await services.tokens(gateway, ana))["id_token"]

    answer = await gateway.get(logout(id_token_hint=hint, **given), headers=ana.headers)

    assert answer.headers.get("location", "") == leads
    assert leads or "You are signed out" in answer.text
    assert not await alive(gateway, ana)


@pytest.mark.parametrize("kind", ["altered", "none", "foreign", "another-client", "rubbish"])
async def test_a_hint_that_is_not_ours_ends_nothing(
    gateway: Gateway, ana: Citizen, kind: str
) -> None:
    """LO-02."""
    genuine = (await services.tokens(gateway, ana))["id_token"]
    claims = verdicts.claims(genuine)
    hint = {
        "altered": jws.altered(genuine),
        "none": jwt.encode(claims, None, algorithm="none"),
        "foreign": jwt.encode(claims, STRANGER, "ES256"),
        "another-client": genuine,
        "rubbish": "x" * 3000,
    }[kind]
    more = {"client_id": "other"} if kind == "another-client" else {}
    async with gateway.unchanged():
        answer = await gateway.get(
            logout(id_token_hint=hint, post_logout_redirect_uri=AFTER, **more),
            headers=ana.headers,
        )

    verdicts.page(answer)
    assert await alive(gateway, ana)


async def test_a_hint_of_another_citizen_only_asks(gateway: Gateway, ana: Citizen) -> None:
    """LO-02."""
    other = await gateway.citizen("basic")
    hint = (await services.tokens(gateway, other))["id_token"]
    async with gateway.unchanged():
        answer = await gateway.get(logout(id_token_hint=hint), headers=ana.headers)

    assert 'id="logout-confirm"' in answer.text
    assert await alive(gateway, ana)
    assert await alive(gateway, other)


async def test_an_expired_hint_is_still_ours(gateway: Gateway, ana: Citizen) -> None:
    """LO-02: RP-Initiated Logout §4 accepts one that has expired."""
    claims = verdicts.claims((await services.tokens(gateway, ana))["id_token"])
    old = gateway.sign_id_token(claims | {"exp": claims["exp"] - 86_400})

    answer = await gateway.get(
        logout(id_token_hint=old, post_logout_redirect_uri=AFTER), headers=ana.headers
    )

    assert (answer.status_code, answer.headers["location"]) == (303, AFTER)
    assert not await alive(gateway, ana)


async def test_a_receipt_is_no_hint(gateway: Gateway, ana: Citizen) -> None:
    """LO-07: what we sign for another use is not taken for an ID token."""
    claims = verdicts.claims((await services.tokens(gateway, ana))["id_token"])
    for made in (
        gateway.sign_id_token(claims, typ="logout+jwt"),
        gateway.sign_id_token(claims, purpose="event"),
        gateway.sign_id_token(claims, purpose="event", typ="consent-receipt+jwt"),
    ):
        async with gateway.unchanged():
            answer = await gateway.get(logout(id_token_hint=made), headers=ana.headers)
        verdicts.page(answer)


@pytest.mark.parametrize(
    "uri",
    [f"{AFTER}/", f"{AFTER}?x=1", "https://evil.example/bye", "//evil.example", "javascript:x",
     services.CALLBACK, f"{AFTER}#x", AFTER.upper(), f" {AFTER}"],
)  # fmt: skip
@pytest.mark.parametrize("hinted", [True, False])
async def test_nobody_is_sent_to_an_unregistered_address(
    gateway: Gateway, ana: Citizen, uri: str, hinted: bool
) -> None:
    """RP-Initiated Logout §3: they are signed out and stay with us."""
    given = {"post_logout_redirect_uri": uri}
    if hinted:
        given["id_token_hint"] = (await services.tokens(gateway, ana))["id_token"]
    browser = Browser(gateway, ana.cookie)
    answer = await browser.follow(logout(**given))
    if not hinted:
        answer = await browser.fill(answer, "logout-confirm", {"answer": "yes"})

    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert not re.search(r"""["'](https:)?//evil""", answer.text)
    assert not await alive(gateway, ana)


async def test_nobody_is_sent_to_a_service_that_was_switched_off(gateway: Gateway) -> None:
    """RFC 9700 §4.11: whoever runs it now; with a hint of before, with its name, or signed out."""
    await gateway.service(services.document("left"))
    await gateway.settled()
    someone = await gateway.citizen("left")
    hint = (await services.tokens(gateway, someone, "left"))["id_token"]
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "left", "a test", by="operator")
    await gateway.settled()
    onward = {"post_logout_redirect_uri": AFTER, "state": "s"}

    named = await gateway.get(logout(client_id="left", **onward))
    hinted = await gateway.get(logout(id_token_hint=hint, **onward), headers=someone.headers)

    for answer in (named, hinted):
        assert answer.status_code == 200, answer.headers
        assert AFTER not in answer.text
        assert "refresh" not in answer.headers
    assert not await alive(gateway, someone)


@pytest.mark.parametrize("state", ["a\r\nset-cookie: x=y", "<b>\"'", "é", "x" * 4000])
async def test_state_is_echoed_as_a_value(gateway: Gateway, ana: Citizen, state: str) -> None:
    """LO-04."""
    hint = (await services.tokens(gateway, ana))["id_token"]

    answer = await gateway.get(
        logout(id_token_hint=hint, post_logout_redirect_uri=AFTER, state=state),
        headers=ana.headers,
    )

    assert answer.headers["location"] == f"{AFTER}?state={quote(state, safe='/')}"
    assert "x" not in answer.cookies


@pytest.mark.parametrize("size", [10, 9000])
async def test_a_posted_wish_is_one_of_the_browser(
    gateway: Gateway, ana: Citizen, size: int
) -> None:
    """Posted from another site it comes without the cookie, so it starts over as GET."""
    hint = (await services.tokens(gateway, ana))["id_token"]
    form = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER, "state": "s" * size}
    async with gateway.unchanged():
        posted = await gateway.post("/logout", form, headers={"origin": "https://rp.example"})

    assert posted.status_code == 303
    assert posted.headers["location"].startswith("/logout")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"},
                                     {"sec_fetch_site": "cross-site"}])  # fmt: skip
async def test_the_answer_comes_from_our_own_page(
    gateway: Gateway, ana: Citizen, headers: dict[str, str]
) -> None:
    """LO-01, SE-05."""
    browser = Browser(gateway, ana.cookie)
    path, form = browser.form(await browser.follow("/logout"), "logout-confirm")
    async with gateway.unchanged():
        abroad = await browser.send("POST", path, {**form, "answer": "yes"}, **headers)
        planted = await gateway.post("/logout", {"answer": "yes"}, headers=ana.headers)

    assert (abroad.status_code, planted.status_code) == (403, 403)
    assert await alive(gateway, ana)


async def test_staying_changes_nothing(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    path, form = browser.form(await browser.follow("/logout"), "logout-confirm")
    async with gateway.unchanged():
        answer = await browser.send("POST", path, {**form, "answer": "no"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


async def test_signing_out_twice_is_quiet(gateway: Gateway, ana: Citizen) -> None:
    hint = (await services.tokens(gateway, ana))["id_token"]
    address = logout(id_token_hint=hint, post_logout_redirect_uri=AFTER)
    first = await gateway.get(address, headers=ana.headers)
    async with gateway.unchanged():
        second = await gateway.get(address, headers=ana.headers, node=1)

    assert first.headers["location"] == second.headers["location"] == AFTER


async def test_a_session_has_another_name_at_each_service(gateway: Gateway, ana: Citizen) -> None:
    """LO-08, CO-11: nothing in their tokens joins two services."""
    await gateway.agree(ana.account, "other")
    here = verdicts.claims((await services.tokens(gateway, ana))["id_token"])
    there = verdicts.claims((await services.tokens(gateway, ana, "other"))["id_token"])

    assert here["sid"] != there["sid"]
    assert here["sub"] != there["sub"]


@pytest.mark.parametrize("given", ["client_id=a&client_id=b", "id_token_hint=%ff", "state=%00"])
async def test_a_broken_wish_gets_a_page(gateway: Gateway, ana: Citizen, given: str) -> None:
    async with gateway.unchanged():
        answer: Any = await gateway.get(f"/logout?{given}", headers=ana.headers)

    if "client_id" in given:
        assert answer.status_code == 200  # no service is named: our own page asks
    else:
        verdicts.page(answer)
    assert await alive(gateway, ana)
