"""Limits over HTTP: how much one client, one network and one browser may ask for.

Specs: RFC 6585 §4; security §3: PR-10, PR-20, RC-14, RL-04, RL-08.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest

from gateway import worker
from gateway.web import pace
from gateway.web.pace import Pace
from idp import attempts
from relying_parties import pushed
from tests.support import letters, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import ROOT, Gateway

OTHER = "seven slow herons fly"
AT_ONCE = 8


@pytest.fixture(scope="module")
async def node(gateway: Gateway) -> AsyncIterator[int]:
    """A process that limits, as one does in earnest."""
    async with gateway.another(GATEHOUSE_RATE_LIMITS="true") as number:
        yield number


@pytest.fixture(autouse=True)
async def forgiving(gateway: Gateway) -> AsyncIterator[None]:
    """What one test tried is no other's."""
    await gateway.rows("DELETE FROM idp.attempts")
    yield
    await gateway.rows("DELETE FROM idp.attempts")
    await gateway.rows("DELETE FROM relying_parties.pushed_requests")


async def crowd(ask: "Asks", kept: Pace) -> tuple[httpx2.Response, set[int]]:
    """Ask until it is too much; return the first refusal, and the statuses before it."""
    began, passed, statuses = time.monotonic(), 0, set()
    while True:
        for answer in await asyncio.gather(*(ask() for _ in range(AT_ONCE))):
            if answer.status_code != 429:
                statuses.add(answer.status_code)
                passed += 1
                continue
            # The bucket fills all the time.
            more = (time.monotonic() - began) * kept.most / kept.seconds
            assert kept.most <= passed <= kept.most + more + AT_ONCE
            assert 1 <= int(answer.headers["retry-after"]) <= 10
            return answer, statuses


class Asks:
    """One request, as often as one likes."""

    def __init__(self, gateway: Gateway, method: str, path: str, **how: object) -> None:
        self._gateway, self._method, self._path, self._how = gateway, method, path, how

    async def __call__(self) -> httpx2.Response:
        return await self._gateway.ask(self._method, self._path, **self._how)


@pytest.mark.parametrize(("path", "client_id"), [("/token", "basic"), ("/par", "post")])
async def test_a_client_asks_six_hundred_times_a_minute(
    gateway: Gateway, node: int, path: str, client_id: str
) -> None:
    """PR-20: of one client, wherever it asks from; another client is answered."""
    proof, other = services.proves(gateway, client_id), services.proves(gateway, "other")
    form = {"grant_type": "authorization_code", "code": "x"} | proof.form

    ask = Asks(gateway, "POST", path, data=form, headers=proof.headers, node=node)
    refusal, _ = await crowd(ask, pace.CLIENTS)

    verdicts.refused(refusal, "temporarily_unavailable", 429)
    elsewhere = await gateway.post(path, {"code": "x"}, headers=other.headers, node=node)
    assert elsewhere.status_code == 400


async def test_a_stranger_uses_up_no_client_s_share(gateway: Gateway, node: int) -> None:
    form = {"client_id": "waived", "client_secret": "wrong", "code": "x"}
    ask = Asks(gateway, "POST", "/token", data=form, node=node)
    for _ in range(100):
        answers = await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {401}

    proof = services.proves(gateway, "waived")
    answer = await gateway.post("/token", {"code": "x"}, headers=proof.headers, node=node)

    verdicts.refused(answer, "invalid_request")


async def test_a_network_opens_three_hundred_pages_in_five_minutes(gateway: Gateway) -> None:
    """PR-10, RL-08: guessing at request_uris, too; what programs ask is no page."""
    async with gateway.another(
        GATEHOUSE_RATE_LIMITS="true", GATEHOUSE_TRUSTED_PROXIES="127.0.0.0/8"
    ) as node:
        known = {"x-forwarded-for": "2001:db8::1"}
        guess = f"/authorize?client_id=basic&request_uri={pushed.PREFIX}{'x' * 43}"
        refusal, statuses = await crowd(
            Asks(gateway, "GET", guess, headers=known, node=node), pace.PAGES
        )
        neighbour = {"x-forwarded-for": "2001:db8::ffff"}  # of the same /64
        elsewhere = {"x-forwarded-for": "2001:db8:1::1"}
        told = {}
        for name, headers in (("same", known), ("near", neighbour), ("far", elsewhere)):
            ask = Asks(gateway, "GET", "/login", headers=headers, node=node)
            answers = await asyncio.gather(*(ask() for _ in range(30)))
            told[name] = {one.status_code for one in answers}
        css = (await gateway.get("/login", headers=elsewhere, node=node)).text
        path = "/static/" + css.partition('href="/static/')[2].partition('"')[0]
        file = await gateway.get(path, headers=known, node=node)
        keys = await gateway.get("/jwks", headers=known, node=node)

    assert statuses == {400}
    verdicts.page(refusal, 429)
    assert 429 in told["same"] & told["near"]  # it fills all the time, but not by thirty
    assert told["far"] == {200}
    assert (file.status_code, keys.status_code) == (200, 200)


async def test_where_nobody_can_tell_who_asks_all_share_one_limit(gateway: Gateway) -> None:
    """RL-02: an address that is none makes nobody a new caller."""
    async with gateway.another(
        GATEHOUSE_RATE_LIMITS="true", GATEHOUSE_TRUSTED_PROXIES="127.0.0.0/8"
    ) as node:
        numbers = itertools.count()

        class Strangers(Asks):
            async def __call__(self) -> httpx2.Response:
                headers = {"x-forwarded-for": f"6.6.6.6, no address {next(numbers)}"}
                return await gateway.get("/nowhere", headers=headers, node=node)

        _, statuses = await crowd(Strangers(gateway, "GET", "/nowhere"), pace.PAGES)

    assert statuses == {404}


async def fill_up(gateway: Gateway, client_id: str, number: int) -> None:
    """Let so many requests of a client wait."""
    await gateway.rows(
        "INSERT INTO relying_parties.pushed_requests"
        " (digest, client_id, request, created_at, expires_at)"
        " SELECT sha256(n::text::bytea), $1, '{}', now(), now() + interval '90 seconds'"
        " FROM generate_series(1, $2::int) n",
        client_id,
        number,
    )


async def test_a_client_s_requests_wait_in_a_number(gateway: Gateway) -> None:
    """PR-20: then it is told to come back; when they ran out they go, and it may again."""
    await fill_up(gateway, "basic", pushed.MOST - 1)
    await services.push(gateway)
    proof = services.proves(gateway, "basic")

    refused = await gateway.post("/par", services.asked(), headers=proof.headers)

    verdicts.refused(refused, "temporarily_unavailable", 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 90
    await gateway.rows(
        "UPDATE relying_parties.pushed_requests SET expires_at = now() - interval '2 hours'"
    )
    await worker.purge(gateway.runtime)
    assert not await gateway.rows("SELECT FROM relying_parties.pushed_requests")
    assert await services.push(gateway)


async def test_browsers_without_a_name_leave_a_client_its_room(gateway: Gateway) -> None:
    """AZ-16: a long request that a browser posts is kept, but not as many as the client's."""
    claims = '{"userinfo":{"name":{"value":"%s"}}}' % ("x" * 7000)
    form = services.asked(claims=claims)
    await fill_up(gateway, "basic", pushed.MOST_KEPT - 1)

    answers = [await gateway.post("/authorize", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 429]
    verdicts.page(answers[1], 429)
    assert int(answers[1].headers["retry-after"])
    assert await services.push(gateway)


@pytest.mark.parametrize("rule", attempts.RULES)
async def test_a_rule_that_is_declared_is_kept(rule: str) -> None:
    used = "".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))

    assert f'"{rule}"' in used


async def login_form(browser: Browser, email: str) -> tuple[str, dict[str, str]]:
    asked = await browser.fill(await browser.follow("/login"), "login-submit", {"username": email})
    return browser.form(asked, "login-submit")


async def test_of_many_guesses_at_once_twenty_are_looked_at(gateway: Gateway) -> None:
    """RC-14: each at another address, all from one network; a busy hasher has looked at none."""
    browser = Browser(gateway)
    forms = [await login_form(browser, f"spray{n}@example.test") for n in range(24)]
    statuses: Counter[int] = Counter()

    async def guess(path: str, form: dict[str, str]) -> int:
        answer = await browser.send("POST", path, {**form, "password": OTHER})
        statuses[answer.status_code] += 1
        return answer.status_code

    await asyncio.gather(*(guess(path, form) for path, form in forms))
    for path, form in forms:  # those that a busy hasher sent away come again
        if await guess(path, form) == 429:
            break

    most = attempts.RULES["login-address"].most
    assert set(statuses) <= {422, 429, 503}
    # A machine that is too busy to hash may be too busy to take back what it counted.
    assert most - statuses[503] <= statuses[422] <= most


async def test_who_is_right_uses_up_nothing(gateway: Gateway) -> None:
    """RC-14: a town hall in which everybody signs in, some at once, each as somebody else."""
    statuses: Counter[int] = Counter()

    async def sign_in() -> None:
        citizen, browser = await gateway.citizen(), Browser(gateway)
        await gateway.set_password(citizen.account, OTHER)
        path, form = await login_form(browser, citizen.email)
        answer = await browser.send("POST", path, {**form, "password": OTHER})
        statuses[answer.status_code] += 1

    while statuses[303] <= attempts.RULES["login-address"].most:
        await asyncio.gather(*(sign_in() for _ in range(4)))

    assert set(statuses) <= {303, 503}


async def test_fifty_in_half_a_day_and_no_more(gateway: Gateway) -> None:
    """Patience does not help: at the pace that no pause is for, half a day is full."""
    citizen, browser = await gateway.citizen(), Browser(gateway)
    await gateway.set_password(citizen.account, OTHER)
    path, form = await login_form(browser, citizen.email)
    statuses = []
    for number in range(51):
        answer = await browser.send("POST", path, {**form, "password": "wrong by far, always"})
        statuses.append(answer.status_code)
        if number % 4 == 3:  # as long as the short windows take
            await gateway.rows("DELETE FROM idp.attempts WHERE window_ends_at < now() + '1 hour'")

    assert statuses == [422] * 50 + [429]
    assert int(answer.headers["retry-after"]) > 11 * 3600


async def test_accounts_are_begun_thirty_times_an_hour(gateway: Gateway) -> None:
    browser = Browser(gateway)
    path, form = browser.form(await browser.follow("/create"), "create-submit")
    answers = [
        await browser.send("POST", path, {**form, "username": f"new{number}@example.test"})
        for number in range(31)
    ]

    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    verdicts.page(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) > 3000


@pytest.mark.parametrize("page", ["/login/recover", "/login/recover/code/again"])
async def test_a_way_back_is_asked_for_thirty_times_an_hour(gateway: Gateway, page: str) -> None:
    """RL-08, RE-10: by one network, for whomever; sending it again is asking, too."""
    browser = Browser(gateway)
    path, form = browser.form(await browser.follow("/login/recover"), "recover-submit")
    one, *rest = [{**form, "username": f"lost{number}@example.test"} for number in range(31)]
    asked = await browser.fill(await browser.follow("/login/recover"), "recover-submit", one)
    if page != path:
        path, form = browser.form(asked, "resend")
        rest = [form] * 30
    answers = [await browser.send("POST", path, each) for each in rest]

    assert [answer.status_code for answer in answers] == [303] * 29 + [429]
    assert int(answers[-1].headers["retry-after"]) > 3000


async def test_a_code_is_sent_again_as_often_as_accounts_are_begun(gateway: Gateway) -> None:
    """RL-08, RE-10."""
    browser = Browser(gateway)
    asked = await browser.fill(
        await browser.follow("/create"), "create-submit", {"username": "resent@example.test"}
    )
    path, form = browser.form(asked, "resend")
    answers = [await browser.send("POST", path, form) for _ in range(30)]

    assert [answer.status_code for answer in answers] == [303] * 29 + [429]


async def test_strangers_use_up_no_mail_of_the_owner(gateway: Gateway, storm: None) -> None:
    """RE-10, RL-04: a device of before and the right password have mails of their own."""
    citizen, mine, stranger = await gateway.citizen(), Browser(gateway), Browser(gateway)
    await gateway.set_password(citizen.account, OTHER)
    await mine.sign_in(await mine.follow("/login"), citizen.email, OTHER)
    asks = {"username": citizen.email}
    for _ in range(5):
        await stranger.fill(await stranger.follow("/login/recover"), "recover-submit", asks)
    flooded = [name for name, _ in await letters.queued(gateway, citizen.email)]

    await mine.fill(await mine.follow("/login/recover"), "recover-submit", asks)
    await asked_for_code(gateway, Browser(gateway), citizen.email)

    assert flooded.count("recover-code") == attempts.RULES["mail"].most
    told = [name for name, _ in await letters.queued(gateway, citizen.email)]
    assert told[len(flooded) :] == ["recover-code", "sign-in-code"]


async def test_a_register_is_asked_five_times_however_many_ask_at_once(gateway: Gateway) -> None:
    """RC-14."""
    browser = Browser(gateway, (await gateway.citizen()).cookie)
    path, form = browser.form(await browser.follow("/account/verify"), "verify-submit")
    wrong = {"document_number": "X000000", "family_name": "Nobody", "birthdate": "1990-01-01"}

    answers = await asyncio.gather(*(browser.send("POST", path, form | wrong) for _ in range(9)))

    assert Counter(answer.status_code for answer in answers) == {422: 5, 429: 4}


@pytest.fixture
async def storm(gateway: Gateway) -> None:
    """As many wrong passwords as are too many, but one."""
    await gateway.rows(
        "INSERT INTO idp.attempts (bucket, count, window_ends_at)"
        " VALUES ($1, $2, now() + interval '4 minutes')",
        attempts._bucket("login-all", ()),
        attempts.RULES["login-all"].most - 1,
    )


async def test_in_a_storm_of_guesses_a_new_device_needs_a_code_too(
    gateway: Gateway, storm: None
) -> None:
    """RL-04: the breaker asks for more and locks nobody out."""
    citizen, mine, new = await gateway.citizen(), Browser(gateway), Browser(gateway)
    await gateway.set_password(citizen.account, OTHER)
    page = await mine.sign_in(await mine.follow("/login"), citizen.email, OTHER)
    assert "__Host-sid" in mine.cookies, page.text
    mine.cookies.pop("__Host-sid")

    path, form = await login_form(new, citizen.email)
    wrong = await new.send("POST", path, {**form, "password": "not this one, sorry"})
    asked = await new.fill(wrong, "login-submit", {"password": OTHER})
    known = await mine.sign_in(await mine.follow("/login"), citizen.email, OTHER)

    assert "Many wrong passwords are being tried" in asked.text
    assert "__Host-sid" not in new.cookies
    assert "__Host-sid" in mine.cookies, known.text
    guessed = await new.fill(asked, "code-submit", {"code": "00000000"})
    assert (guessed.status_code, "__Host-sid" in new.cookies) == (422, False)
    sent = [
        fields for name, fields in await letters.queued(gateway, citizen.email) if "code" in fields
    ]
    done = await new.fill(guessed, "code-submit", {"code": sent[0]["code"]})
    assert "__Host-sid" in new.cookies, done.text
    async with gateway.unchanged():
        again = await new.fill(asked, "code-submit", {"code": sent[0]["code"]})
    assert again.status_code == 410, again.text


async def asked_for_code(gateway: Gateway, browser: Browser, email: str) -> httpx2.Response:
    """Type the right password when it is not enough; return the page that wants the code."""
    path, form = await login_form(browser, email)
    wrong = await browser.send("POST", path, {**form, "password": "not this one, sorry"})
    asked = await browser.fill(wrong, "login-submit", {"password": OTHER})
    assert 'id="code-submit"' in asked.text, asked.text
    return asked


async def test_a_used_code_is_followed_by_none(gateway: Gateway, storm: None) -> None:
    """RL-04, RE-02: nor is it sent again: that would sign in without the password."""
    citizen, browser = await gateway.citizen(), Browser(gateway)
    await gateway.set_password(citizen.account, OTHER)
    asked = await asked_for_code(gateway, browser, citizen.email)
    code = await letters.code(gateway, citizen.email)
    await browser.fill(asked, "code-submit", {"code": code})
    assert "__Host-sid" in browser.cookies
    browser.cookies.pop("__Host-sid")
    async with gateway.unchanged():
        again = await browser.fill(asked, "resend")

    assert again.status_code == 410


async def test_a_code_ends_with_the_password_that_asked_for_it(
    gateway: Gateway, storm: None
) -> None:
    """RL-04, RE-02: who knew the old password is half-way in to nothing."""
    citizen, browser = await gateway.citizen(), Browser(gateway)
    await gateway.set_password(citizen.account, OTHER)
    asked = await asked_for_code(gateway, browser, citizen.email)
    await gateway.set_password(citizen.account, "a quiet harbour at dawn")
    code = await letters.code(gateway, citizen.email)
    async with gateway.unchanged():
        answers = [
            await browser.fill(asked, "code-submit", {"code": code}),
            await browser.fill(asked, "resend"),
        ]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert "__Host-sid" not in browser.cookies


async def test_a_code_for_something_else_signs_nobody_in(gateway: Gateway, storm: None) -> None:
    """RE-07: a flow that began without a password has no way to this page."""
    citizen, browser = await gateway.citizen(), Browser(gateway)
    await gateway.set_password(citizen.account, "a quiet harbour at dawn")
    asked = await browser.fill(
        await browser.follow("/login/recover"), "recover-submit", {"username": citizen.email}
    )
    sent = [
        fields for name, fields in await letters.queued(gateway, citizen.email) if "code" in fields
    ]
    _, form = browser.form(asked, "code-submit")

    answer = await browser.send("POST", "/login/code", {**form, "code": sent[0]["code"]})

    assert answer.status_code == 410
    assert "__Host-sid" not in browser.cookies
