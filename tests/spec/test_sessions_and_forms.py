"""Group SE: cookies, forms of other sites, hosts, addresses that look like ours.

Specs: RFC 6265bis §4.1.3, RFC 9110 §9, RFC 9700 §4.11 and §4.16, SP 800-63B §5.1, ASVS 3.
"""

import asyncio
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

NEEDED = {"path=/", "secure", "httponly"}
OPAQUE = re.compile(r"__Host-[a-z]+=[A-Za-z0-9_.-]{0,100}")
ABROAD: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
)
FORMS = (
    "/login",
    "/login/password",
    "/login/passkey",
    "/login/confirm",
    "/login/recover",
    "/create",
    "/account/security/password",
    "/account/security/passkeys",
    "/account/sessions/end-all",
    "/account/sharing/basic/stop",
    "/account/sharing/basic/claims",
    "/account/sharing/basic/undo",
    "/account/verify",
)


@pytest.mark.parametrize("headers", ABROAD, ids=lambda each: "-".join(each.values()))
async def test_nobody_signs_others_in(gateway: Gateway, headers: dict[str, str]) -> None:
    """SE-04: the attacker's own credentials, from the attacker's page."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, "a quiet harbour at dawn")
    browser = Browser(gateway)
    page = await browser.fill(
        await browser.follow("/login"), "login-submit", {"username": someone.email}
    )
    path, form = browser.form(page, "login-submit")
    form |= {"password": "a quiet harbour at dawn"}
    async with gateway.unchanged():
        answer = await browser.send("POST", path, form, **headers)

    assert answer.status_code == 403
    assert "__Host-sid" not in browser.cookies


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_carries_this_browser_s_token(
    gateway: Gateway, ana: Citizen, path: str
) -> None:
    """SE-05."""
    other = Browser(gateway)
    foreign = other.form(await other.follow("/login"), "login-submit")[1]["csrf"]
    async with gateway.unchanged():
        for form in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": "AAAA" * 11}, {"csrf": foreign}):
            answer = await Browser(gateway, ana.cookie).send("POST", path, form)
            assert answer.status_code == 403, form


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_of_another_site_changes_nothing(
    gateway: Gateway, ana: Citizen, path: str
) -> None:
    """SE-05: even with a token that is right."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account/sharing/basic/stop")
    token = browser.form(page, "stop")[1]["csrf"]
    async with gateway.unchanged():
        for headers in ABROAD:
            answer = await browser.send("POST", path, {"csrf": token}, **headers)
            assert answer.status_code == 403, headers


async def test_cookies_are_bound_to_this_host(gateway: Gateway) -> None:
    """SE-07."""
    someone = await gateway.citizen("basic")
    await gateway.set_password(someone.account, "a quiet harbour at dawn")
    browser = Browser(gateway)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    await browser.sign_in(page, someone.email, "a quiet harbour at dawn")
    await browser.follow("/?lang=fr")
    signed_out = await browser.fill(
        await browser.follow("/logout"), "logout-confirm", {"answer": "yes"}
    )

    lines = [*browser.lines, *signed_out.headers.get_list("set-cookie")]
    names = {line.partition("=")[0] for line in lines}
    ours = {"sid", "browser", "device", "lang", "offer"}
    assert names == {f"__Host-{name}" for name in ours}
    for line in lines:
        pair, *attributes = line.split("; ")
        told = {one.lower() for one in attributes}
        assert OPAQUE.fullmatch(pair), line
        assert told >= NEEDED, line
        assert {"samesite=lax", "samesite=strict"} & told, line
        assert not [one for one in told if one.startswith("domain")], line


async def test_a_cookie_that_comes_twice_counts_as_none(gateway: Gateway, ana: Citizen) -> None:
    """SE-08: one of them was planted."""
    other = await gateway.citizen("basic")
    address = f"/authorize?{urlencode(asked(prompt='none'))}"
    for cookie in (f"{ana.cookie}; {other.cookie}", f"{ana.cookie}; {ana.cookie}"):
        async with gateway.unchanged():
            answer = await gateway.get(address, headers={"cookie": cookie})

        told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        assert told["error"] == "login_required"


async def test_a_session_that_ended_is_dead(gateway: Gateway, ana: Citizen) -> None:
    """SE-10: nothing personal is kept by the browser, and the old cookie is worth nothing."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account")
    assert page.headers["cache-control"] == "no-store"
    left = await browser.fill(await browser.follow("/logout"), "logout-confirm", {"answer": "yes"})
    async with gateway.unchanged():
        account = await gateway.get("/account", headers=ana.headers, node=1)

    assert left.headers["clear-site-data"] == '"cache", "storage"'
    assert "__Host-sid" not in browser.cookies
    assert (account.status_code, account.headers["location"]) == (303, "/login?next=account")


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
async def test_a_session_has_an_end(gateway: Gateway, ana: Citizen, column: str) -> None:
    """SE-11: idle or absolute."""
    past = "31 minutes" if column == "seen_at" else "1 second"
    await gateway.rows(
        f"UPDATE idp.sessions SET {column} = now() - interval '{past}' WHERE id = $1",
        ana.session,
    )
    async with gateway.unchanged():
        answer = await gateway.get("/account", headers=ana.headers)

    assert answer.headers["location"] == "/login?next=account"


async def test_using_a_session_does_not_move_its_absolute_end(
    gateway: Gateway, ana: Citizen
) -> None:
    """SE-11: keep-alive pings gain nothing."""
    sql = "SELECT seen_at, expires_at FROM idp.sessions WHERE id = $1"
    await gateway.rows(
        "UPDATE idp.sessions SET seen_at = now() - interval '5 minutes' WHERE id = $1",
        ana.session,
    )
    before = (await gateway.rows(sql, ana.session))[0]
    await gateway.get("/account", headers=ana.headers)
    after = (await gateway.rows(sql, ana.session))[0]

    assert before["seen_at"] < after["seen_at"]
    assert before["expires_at"] == after["expires_at"]


async def test_a_page_for_one_citizen_is_not_sent_for_another(gateway: Gateway) -> None:
    """SE-13: somebody else signed in, in another tab."""
    reader, newcomer = await gateway.citizen(), await gateway.citizen()
    browser = Browser(gateway, reader.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    path, form = browser.form(page, "consent-allow")
    browser.cookies["__Host-sid"] = newcomer.cookie.partition("=")[2]
    form |= {"answer": "allow", "duration": "until"}
    async with gateway.unchanged():
        answer = await browser.send("POST", path, form)

    assert answer.status_code == 409
    assert newcomer.email in answer.text
    assert reader.email not in answer.text


FORGED = (
    {"x-forwarded-host": "evil.example"},
    {"forwarded": "host=evil.example;proto=https"},
    {"x-forwarded-proto": "https"},
    {"x-forwarded-port": "1"},
    {"x-original-url": "/account"},
    {"x-rewrite-url": "/account"},
    {"x-host": "evil.example"},
    {"x-forwarded-for": "6.6.6.6"},
    {"x-http-method-override": "DELETE"},
)


@pytest.mark.parametrize("headers", FORGED, ids=lambda each: next(iter(each)))
async def test_headers_do_not_change_who_we_are(
    gateway: Gateway, ana: Citizen, headers: dict[str, str]
) -> None:
    """SE-14, SE-26."""
    metadata = await gateway.get("/.well-known/openid-configuration", headers=headers)
    answer = await gateway.get(
        f"/authorize?{urlencode(asked())}", headers={**headers, **ana.headers}
    )
    home = await gateway.get("/", headers=headers)

    assert metadata.json()["issuer"] == gateway.issuer
    assert "evil" not in metadata.text + home.text
    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "evil.example:80", ""])
async def test_another_host_is_not_answered(gateway: Gateway, ana: Citizen, host: str) -> None:
    """SE-14."""
    headers = {**ana.headers, "host": host}
    async with gateway.unchanged():
        for path in (f"/authorize?{urlencode(asked())}", "/", "/account", "/login", "/nowhere"):
            answer = await gateway.get(path, headers=headers)
            assert (answer.status_code, answer.content) in ((421, b""), (400, b""))
        posted = await gateway.post("/token", {"grant_type": "x"}, headers=headers)
        assert posted.status_code in (400, 421)


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "/\\evil.example", "https:evil.example", "%2f%2fevil.example",
     "/%09/evil.example", "javascript:alert(1)", "https://evil.example", "account/../x", "\\"],
)  # fmt: skip
async def test_the_way_on_is_a_name_and_no_address(
    gateway: Gateway, ana: Citizen, place: str
) -> None:
    """SE-16."""
    for name in ("next", "i", "return_to", "redirect_uri"):
        answer = await gateway.get(f"/login?{name}={quote(place)}", headers=ana.headers)
        assert "evil" not in answer.headers.get("location", "")
        assert answer.status_code in (303, 400)
        if answer.status_code == 303:
            assert answer.headers["location"] in ("/account", "/login/confirm")


@pytest.mark.parametrize(
    "path",
    [
        *("/account/x.css", "/account;.png", "/account%0a.js", "/account/", "//account"),
        *("/ACCOUNT", "/account%2f", "/x/..%2faccount", "/..;/account", "/./account"),
        *("/account%00", "/%61ccount", "/account/sessions/", "/userinfo;.png", "/userinfo/x.css"),
        *("/admin/..;/account", "/token/", "/authorize/", "/static/../account"),
    ],
)
async def test_what_looks_like_an_address_of_ours_is_none(
    gateway: Gateway, ana: Citizen, path: str
) -> None:
    """SE-17, SE-25: compared as it came, byte for byte."""
    async with gateway.unchanged():
        answer = await gateway.raw(
            f"GET {path} HTTP/1.1\r\nhost: {gateway.authority}\r\ncookie: {ana.cookie}\r\n"
            "connection: close\r\n\r\n".encode()
        )

    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 404")
    assert b"cache-control: no-store" in head
    assert ana.email.encode() not in answer


PROBE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}"


async def test_what_strangers_send_is_shown_as_text(gateway: Gateway, ana: Citizen) -> None:
    """SE-19: in errors, hints, links, devices and fields."""
    browser = Browser(gateway)
    shown = [
        await gateway.get(f"/authorize?{urlencode({'client_id': PROBE, PROBE: PROBE})}"),
        await gateway.get(f"/authorize?{urlencode(asked(redirect_uri=PROBE))}"),
        await gateway.get(f"/login?{urlencode({'next': PROBE, 'lang': PROBE, 'x': PROBE})}"),
        await gateway.get(f"/logout?{urlencode({'state': PROBE, 'client_id': PROBE})}"),
        await gateway.get(f"/logout?{urlencode({'state': PROBE})}", headers=ana.headers),
        await gateway.get(f"/account/activity?{urlencode({'done': PROBE})}", headers=ana.headers),
        await browser.follow(f"/authorize?{urlencode(asked(login_hint=PROBE + '@x'))}"),
        await browser.fill(await browser.follow("/login"), "login-submit", {"username": PROBE}),
    ]

    for page in shown:
        assert "<script>alert" not in page.text, page.url
        assert "<img src=x" not in page.text, page.url
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


async def test_pages_are_kept_apart_from_other_sites(gateway: Gateway, ana: Citizen) -> None:
    """SE-20: and tell no other site where they were."""
    for path in ("/", "/login", "/account", "/logout", "/nowhere"):
        headers = (await gateway.get(path, headers=ana.headers)).headers

        if "location" not in headers:
            assert headers["cross-origin-opener-policy"] == "same-origin", path
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


async def test_a_citizen_has_fifty_sessions_at_most(gateway: Gateway) -> None:
    """SE-23: the oldest ends, and each can be seen and ended."""
    someone = await gateway.citizen()
    for _ in range(55):
        _, latest = await gateway.sign_in(someone.account)
    alive = await gateway.rows(
        "SELECT id FROM idp.sessions WHERE account_id = $1 AND ended_at IS NULL", someone.account
    )
    browser = Browser(gateway, latest)
    page = await browser.follow("/account/sessions")

    assert len(alive) == 50
    assert page.text.count('/end"') >= 40
    assert (await gateway.get("/account", headers=someone.headers)).status_code == 303


@pytest.mark.parametrize("header", ["x-http-method-override", "x-http-method", "x-method-override"])
async def test_a_method_cannot_be_overridden(gateway: Gateway, ana: Citizen, header: str) -> None:
    """SE-26."""
    browser = Browser(gateway, ana.cookie)
    stop = await browser.follow("/account/sharing/basic/stop")
    token = browser.form(stop, "stop")[1]["csrf"]
    async with gateway.unchanged():
        answer = await gateway.get(
            f"/account/sharing/basic/stop?{urlencode({'csrf': token, '_method': 'POST'})}",
            headers={**ana.headers, header: "POST"},
        )

    assert answer.status_code == 200


async def test_head_changes_nothing(gateway: Gateway, ana: Citizen) -> None:
    """SE-26."""
    token = (await services.tokens(gateway, ana))["access_token"]
    hint = (await services.tokens(gateway, ana))["id_token"]
    bearer = {"authorization": f"Bearer {token}"}
    async with gateway.unchanged():
        answers: list[Any] = await asyncio.gather(
            gateway.ask("HEAD", f"/authorize?{urlencode(asked())}", headers=ana.headers),
            gateway.ask("HEAD", f"/logout?id_token_hint={hint}", headers=ana.headers),
            gateway.ask("HEAD", "/userinfo", headers=bearer),
            gateway.ask("HEAD", "/account", headers=ana.headers),
        )

    assert [one.status_code for one in answers] == [405, 405, 405, 200]
    assert {one.content for one in answers} == {b""}
