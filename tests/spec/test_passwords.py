"""Groups PW, RE and RL: passwords, the way back in, limits, over HTTP.

Specs: SP 800-63B-4 §3.1.1, §3.2.2 and §4.2, ASVS 6, RFC 6585 §4.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest

from gateway.pages.login import password as page
from gateway.web.call import Call
from idp import accounts, attributes, devices, identifiers, recovery
from idp.authenticators import passwords
from tests.support import letters, services
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.letters import queued

RIGHT = "a quiet harbour at dawn"
OTHER = "seven slow herons fly"
STATES = ("wrong", "unknown", "locked", "closed", "passkey-only", "disabled")
OURS = re.compile(
    r'(value="[^"]*"|[\w.+-]+@example\.test|(i|flow)=[\w-]+|"challenge": "[^"]*"|after \d[^.]*)'
)


@pytest.fixture(autouse=True)
async def forgiving(gateway: Gateway) -> AsyncIterator[None]:
    """Everybody here comes from one network: what one test tried is no other's."""
    await gateway.rows("DELETE FROM idp.attempts")
    yield
    await gateway.rows("DELETE FROM idp.attempts")


async def someone(gateway: Gateway, state: str = "open") -> Citizen:
    """Somebody who has a password, or is in one of the states."""
    citizen = await gateway.citizen()
    if state != "passkey-only":
        await gateway.set_password(citizen.account, RIGHT)
    async with gateway.runtime.entry() as entry:
        if state == "locked":
            await accounts.lock(entry, citizen.account, "test")
        if state == "closed":
            await accounts.close(entry, citizen.account)
    if state == "disabled":
        await gateway.rows(
            "UPDATE idp.passwords SET failures = 99 WHERE account_id = $1", citizen.account
        )
    if state == "unknown":
        return Citizen(citizen.account, citizen.session, "nobody@example.test", "")
    return citizen


async def attempt(browser: Browser, email: str, password: str, **headers: str) -> httpx2.Response:
    """Try a password; the answer itself, not where it leads."""
    asked = await browser.fill(await browser.follow("/login"), "login-submit", {"username": email})
    path, form = browser.form(asked, "login-submit")
    return await browser.send("POST", path, {**form, "password": password}, **headers)


def bare(answer: httpx2.Response) -> tuple[int, str]:
    """Return what an answer says, without what is drawn for each."""
    return answer.status_code, OURS.sub("…", answer.text)


@pytest.mark.parametrize("state", STATES)
async def test_no_answer_tells_what_an_address_has(gateway: Gateway, state: str) -> None:
    """PW-07, RL-08: wrong, and then too many."""
    one, other = await someone(gateway), await someone(gateway, state)
    answers = []
    for email in (one.email, other.email):
        browser = Browser(gateway)
        answers.append([await attempt(browser, email, OTHER) for _ in range(6)])

    for expected, got in zip(*answers, strict=True):
        assert bare(got) == bare(expected)
    assert [one.status_code for one in answers[1]] == [422] * 5 + [429]
    assert 1 <= int(answers[1][-1].headers["retry-after"]) <= 300


@pytest.mark.parametrize("state", ["locked", "closed", "disabled"])
async def test_the_right_password_of_no_account_is_wrong(gateway: Gateway, state: str) -> None:
    """PW-07: who knows it learns no more than who does not, and pays the same."""
    one, other = await someone(gateway), await someone(gateway, state)
    wrong = await attempt(Browser(gateway), one.email, OTHER)
    right = await attempt(Browser(gateway), other.email, RIGHT)

    assert bare(right) == bare(wrong)
    assert right.status_code == 422
    assert await cost(gateway, other.email, RIGHT) == await cost(gateway, one.email)


@pytest.mark.parametrize("state", STATES)
async def test_each_costs_the_same(gateway: Gateway, state: str) -> None:
    """PW-07: the same statements and one run of Argon2, whoever's address it is."""
    one, other = await someone(gateway), await someone(gateway, state)

    assert await cost(gateway, other.email) == await cost(gateway, one.email)


async def cost(gateway: Gateway, email: str, password: str = OTHER) -> tuple[int, list[str]]:
    """Return how often Argon2 ran for a wrong password, and the statements."""
    runtime, said, runs = gateway.runtime, [], []
    scope = {
        "type": "http", "method": "POST", "path": "/login/password", "query_string": b"",
        "headers": [], "client": ("127.0.0.9", 1),
    }  # fmt: skip

    class Counted(passwords.Hasher):
        def _matches(self, stored: str, password: str) -> bool:
            runs.append(stored)
            return super()._matches(stored, password)

    hasher, runtime.hasher = runtime.hasher, Counted(runtime.vault.pepper)
    call = Call(scope, runtime, {})
    async with runtime.pool.connection() as connection:
        log = lambda record: said.append(record.query)  # noqa: E731
        connection.add_query_logger(log)
    try:
        assert await page.verified(call, email, password) is None
        await call.entry.release()
        await asyncio.sleep(0)  # the log is told of a statement one turn later
    finally:
        connection.remove_query_logger(log)
        runtime.hasher = hasher
    return len(runs), said


@pytest.mark.parametrize(
    ("password", "status"),
    [
        pytest.param("wet otters sin", 422, id="PW-01-fourteen"),
        pytest.param("wet otters sing", 303, id="PW-01-fifteen"),
        pytest.param("wet otters " * 93 + "s", 303, id="PW-02-1024"),
        pytest.param("wet otters " * 93 + "si", 422, id="PW-02-1025"),
        pytest.param("1qaz2wsx3edc4rfv", 422, id="PW-04-stolen"),
        pytest.param("EMAIL", 422, id="PW-04-the-address"),
        pytest.param("featherstonehaugh9", 422, id="PW-04-the-name"),
    ],
)
async def test_a_new_password_is_judged(gateway: Gateway, password: str, status: int) -> None:
    """PW-11: and when it is taken, everything else that was signed in is over."""
    citizen = await someone(gateway)
    password = citizen.email if password == "EMAIL" else password
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry, gateway.runtime.vault, citizen.account, "family_name", "Featherstonehaugh",
            source_type="self", by="test",
        )  # fmt: skip
    _, elsewhere = await gateway.sign_in(citizen.account)
    async with gateway.runtime.entry() as entry:
        device = await devices.remember(entry, citizen.account, "")
    browser = Browser(gateway, citizen.cookie)
    asked = await browser.follow("/account/security/password")
    path, form = browser.form(asked, "password-submit")

    answer = await browser.send("POST", path, {**form, "password": password})

    taken = status == 303
    assert answer.status_code == status
    assert (await attempt(Browser(gateway), citizen.email, password)).status_code == status
    for cookie, alive in ((citizen.cookie, True), (elsewhere, not taken)):
        account = await gateway.get("/account", headers={"cookie": cookie})
        assert (account.status_code == 200) is alive
    async with gateway.runtime.entry() as entry:
        again = await devices.remember(entry, citizen.account, device.handle)
    assert again.new is taken
    told = [template for template, _ in await queued(gateway, citizen.email)]
    assert told.count("password-changed") == taken


async def test_letters_may_be_spelt_either_way(gateway: Gateway) -> None:
    """PW-05."""
    citizen = await gateway.citizen()
    await gateway.set_password(citizen.account, "caf\u00e9 by the harbour")

    answer = await attempt(Browser(gateway), citizen.email, "cafe\u0301 by the harbour")

    assert answer.status_code == 303


async def test_too_many_at_once_wait_or_are_told_to_come_back(gateway: Gateway) -> None:
    """PW-08: what needs no password is answered meanwhile."""
    browser = Browser(gateway)
    asked = await browser.fill(
        await browser.follow("/login"), "login-submit", {"username": "nobody@example.test"}
    )
    path, form = browser.form(asked, "login-submit")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    emails = [f"many{number}@example.test" for number in range(120)]
    forms = []
    for email in emails:
        located = await browser.send(
            "POST", *_address(browser, await browser.follow("/login"), email)
        )
        forms.append(form | {"who": httpx2.URL(located.headers["location"]).params["who"]})

    async def one(filled: dict[str, str]) -> httpx2.Response:
        fields = {**filled, "password": OTHER}
        return await gateway.post(path, fields, headers={"cookie": cookie})

    under_way = [asyncio.create_task(one(filled)) for filled in forms]
    await asyncio.sleep(0)
    meanwhile = await gateway.get("/.well-known/openid-configuration")
    answers = await asyncio.gather(*under_way)

    assert meanwhile.status_code == 200
    assert {answer.status_code for answer in answers} <= {422, 429, 503}
    assert all(int(one.headers["retry-after"]) for one in answers if one.status_code != 422)


def _address(browser: Browser, start: httpx2.Response, email: str) -> tuple[str, dict[str, str]]:
    path, form = browser.form(start, "login-submit")
    return path, {**form, "username": email}


async def test_it_does_not_grow_old(gateway: Gateway) -> None:
    """PW-13."""
    citizen = await someone(gateway)
    await gateway.rows(
        "UPDATE idp.passwords SET changed_at = changed_at - interval '20 years'"
        " WHERE account_id = $1",
        citizen.account,
    )

    answer = await attempt(Browser(gateway), citizen.email, RIGHT)

    assert answer.status_code == 303


async def test_it_is_said_nowhere(gateway: Gateway) -> None:
    """PW-14: no log, no address, no page, no table; the right one and a wrong one."""
    citizen = await gateway.citizen()
    right, wrong = "an owl over the mill 4711", "an owl under the mill 4712"
    await gateway.set_password(citizen.account, right)
    answers = [
        await attempt(Browser(gateway), citizen.email, typed)
        for typed in (wrong, right, right + "\x00", wrong * 50)
    ]

    assert [answer.status_code for answer in answers][:2] == [422, 303]
    kept = [gateway.logs(), await gateway.dump()]
    kept += [answer.text + str(answer.headers) + str(answer.url) for answer in answers]
    for said in kept:
        assert "the mill 47" not in said
        assert "the+mill+47" not in said


async def test_a_raised_cost_takes_effect_at_the_next_sign_in(gateway: Gateway) -> None:
    citizen = await gateway.citizen()
    old = await passwords.Hasher(gateway.runtime.vault.pepper, memory=1024).hash(RIGHT)
    async with gateway.runtime.entry() as entry:
        await passwords.set(entry, citizen.account, old)

    for _ in range(2):
        assert (await attempt(Browser(gateway), citizen.email, RIGHT)).status_code == 303
        stored = await kept_hash(gateway, citizen.account)
        assert f"m={passwords.MEMORY}," in stored


async def kept_hash(gateway: Gateway, account: UUID) -> str:
    (row,) = await gateway.rows("SELECT hash FROM idp.passwords WHERE account_id = $1", account)
    return str(row["hash"])


async def test_a_new_device_is_told_of_once(gateway: Gateway) -> None:
    """ASVS 6.3.5: when, and roughly where; nothing else."""
    citizen = await someone(gateway)
    await gateway.rows(
        "UPDATE idp.accounts SET created_at = created_at - interval '1 day' WHERE id = $1",
        citizen.account,
    )
    browser = Browser(gateway)
    firefox = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
    for _ in range(2):
        assert (await attempt(browser, citizen.email, RIGHT, **firefox)).status_code == 303
        browser.cookies.pop("__Host-sid")

    ((template, fields),) = await queued(gateway, citizen.email)
    assert (template, set(fields)) == ("new-sign-in", {"when", "device"})
    assert fields["device"] == "Firefox · Linux"
    await attempt(Browser(gateway), citizen.email, RIGHT)
    assert len(await queued(gateway, citizen.email)) == 2


async def test_nobody_is_locked_out_from_elsewhere(gateway: Gateway) -> None:
    """RL-05: a hundred wrong tries; the citizen's own device goes on, a new one does not."""
    citizen = await someone(gateway)
    mine = Browser(gateway)
    assert (await attempt(mine, citizen.email, RIGHT)).status_code == 303
    mine.cookies.pop("__Host-sid")
    for _ in range(25):
        for _ in range(4):
            assert (await attempt(Browser(gateway), citizen.email, OTHER)).status_code == 422
        await gateway.rows("DELETE FROM idp.attempts")
    for _ in range(21):
        await attempt(Browser(gateway), citizen.email, OTHER)

    assert (await attempt(Browser(gateway), citizen.email, RIGHT)).status_code == 429
    assert (await attempt(mine, citizen.email, RIGHT)).status_code == 303


@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"]
)
async def test_where_a_request_says_it_comes_from_changes_no_limit(
    gateway: Gateway, header: str
) -> None:
    """RL-01."""
    citizen, browser = await someone(gateway), Browser(gateway)
    statuses = []
    for number in range(6):
        value = f"for=203.0.113.{number}" if header == "forwarded" else f"203.0.113.{number}"
        told = {header.replace("-", "_"): value}
        statuses.append((await attempt(browser, citizen.email, OTHER, **told)).status_code)

    assert statuses == [422] * 5 + [429]


async def recovering(gateway: Gateway, browser: Browser, email: str) -> httpx2.Response:
    """Ask for the way back in; return the page that wants the code."""
    asked = await browser.follow("/login/recover")
    return await browser.fill(asked, "recover-submit", {"username": email})


async def test_asking_for_a_way_back_tells_nothing(gateway: Gateway) -> None:
    """RE-01, RE-10: nor does asking too often; three mails go out."""
    citizen = await someone(gateway)
    pages = {}
    for email in (citizen.email, "nobody.at.all@example.test"):
        browser = Browser(gateway)
        pages[email] = [bare(await recovering(gateway, browser, email)) for _ in range(5)]

    known, unknown = pages.values()
    assert known == unknown
    assert [name for name, _ in await queued(gateway, citizen.email)] == ["recover-code"] * 3
    told = await queued(gateway, "nobody.at.all@example.test")
    assert [name for name, _ in told] == ["recover-unknown"] * 3


async def test_a_code_that_was_not_sent_can_t_be_guessed(gateway: Gateway) -> None:
    """RE-10: past the limit a flow has no code; the answers are those of a wrong one."""
    citizen, browser = await someone(gateway), Browser(gateway)
    for _ in range(4):
        asked = await recovering(gateway, browser, citizen.email)
    answers = [await browser.fill(asked, "code-submit", {"code": "12345678"}) for _ in range(2)]

    rows = await gateway.rows("SELECT link_digest FROM idp.signups WHERE link_digest IS NULL")
    assert rows
    assert [answer.status_code for answer in answers] == [422, 422]


async def test_no_step_can_be_left_out(gateway: Gateway) -> None:
    """RE-02, RE-07: nor borrowed from another flow."""
    citizen, browser = await someone(gateway), Browser(gateway)
    created = await browser.fill(
        await browser.follow("/create"), "create-submit", {"username": "new.one@example.test"}
    )
    begun = await recovering(gateway, browser, citizen.email)
    flows = [str(browser.form(one, "code-submit")[1]["flow"]) for one in (created, begun)]
    token = browser.form(begun, "code-submit")[1]["csrf"]
    async with gateway.unchanged():
        for flow in ("", *flows):
            browser.cookies["__Host-recovery"] = flow
            form = {"csrf": token, "password": OTHER}
            refused = await browser.send("POST", "/login/recover/new", form)
            assert "__Host-sid" not in browser.cookies, refused.text
            assert 400 <= refused.status_code < 500
        wrong = {"csrf": token, "flow": flows[0], "code": "12345678"}
        assert (await browser.send("POST", "/login/recover/code", wrong)).status_code >= 400
        wrong["flow"] = flows[1]
        assert (await browser.send("POST", "/create/code", wrong)).status_code >= 400


async def started(gateway: Gateway, citizen: Citizen, browser: Browser) -> httpx2.Response:
    """Prove the address and begin."""
    asked = await recovering(gateway, browser, citizen.email)
    sent = [fields for name, fields in await queued(gateway, citizen.email) if "code" in fields]
    return await browser.fill(asked, "code-submit", {"code": sent[-1]["code"]})


async def test_back_in_with_a_new_password(gateway: Gateway) -> None:
    """Everything of before ends, and the citizen is told."""
    citizen, browser = await someone(gateway), Browser(gateway)
    asked = await started(gateway, citizen, browser)
    done = await browser.fill(asked, "password-submit", {"password": OTHER})

    assert done.status_code == 200
    assert "__Host-sid" in browser.cookies
    assert (await gateway.get("/account", headers=citizen.headers)).status_code == 303
    assert "password-changed" in [name for name, _ in await queued(gateway, citizen.email)]
    assert (await attempt(Browser(gateway), citizen.email, RIGHT)).status_code == 422


@pytest.mark.parametrize("password", ["parking-permits-northtown", "Northtown_Parking1"])
async def test_a_new_password_is_not_made_of_the_service(gateway: Gateway, password: str) -> None:
    """PW-04: nor of its agency, nor of one's own name, on the way back in from there."""
    citizen, browser = await someone(gateway), Browser(gateway)
    page = await browser.follow(f"/authorize?{urlencode(services.asked())}")
    way = {"i": browser.form(page, "login-submit")[1]["i"]}
    start = await browser.follow(f"/login/recover?{urlencode(way)}")
    asked = await browser.fill(start, "recover-submit", {"username": citizen.email})
    code = {"code": await letters.code(gateway, citizen.email)}
    new = await browser.fill(asked, "code-submit", code)
    refused = await browser.fill(new, "password-submit", {"password": password})
    taken = await browser.fill(refused, "password-submit", {"password": OTHER})

    assert refused.status_code == 422
    assert "must not be made of your name" in refused.text
    assert taken.status_code == 200


async def test_who_is_verified_waits_and_can_stop_it(gateway: Gateway) -> None:
    """RE-05, RE-11: opening the mail's link stops nothing; who is signed in sees it, too."""
    citizen, browser = await someone(gateway), Browser(gateway)
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, citizen.account, 2)
    await started(gateway, citizen, browser)
    (fields,) = [told for name, told in await queued(gateway, citizen.email) if "cancel" in told]
    path = fields["cancel"].removeprefix(gateway.issuer)
    async with gateway.unchanged():
        confirm = await browser.follow(path)
        early = await browser.send(
            "POST",
            "/login/recover/new",
            {
                "csrf": browser.form(confirm, "recovery-stop")[1]["csrf"],
                "password": OTHER,
            },
        )
    assert early.status_code >= 400
    owner = Browser(gateway, citizen.cookie)
    security = await owner.follow("/account/security")
    stopped = await owner.fill(security, "recovery-stop")

    assert str(stopped.url).endswith("done=stopped")
    assert 'id="recovery-stop"' not in stopped.text
    async with gateway.runtime.entry() as entry:
        assert await recovery.under_way(entry, citizen.account) is None
    async with gateway.unchanged():
        assert (await browser.fill(confirm, "recovery-stop")).status_code >= 400


async def test_a_recovery_goes_on_in_the_browser_that_began_it(gateway: Gateway) -> None:
    """SE-22: a day later, from the mail; its addresses are worth nothing elsewhere."""
    citizen, browser, other = await someone(gateway), Browser(gateway), Browser(gateway)
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, citizen.account, 2)
    waiting = await started(gateway, citizen, browser)
    (fields,) = [told for name, told in await queued(gateway, citizen.email) if "go_on" in told]
    await gateway.rows("UPDATE idp.recoveries SET ready_at = now() WHERE cancelled_at IS NULL")
    kept = [one for one in browser.lines if one.startswith("__Host-recovery=")]
    browser.cookies = {"__Host-recovery": browser.cookies["__Host-recovery"]}  # closed meanwhile
    asked = await browser.follow(fields["go_on"].removeprefix(gateway.issuer))
    path, form = browser.form(asked, "password-submit")
    token = other.form(await other.follow("/login"), "login-submit")[1]["csrf"]
    async with gateway.unchanged():
        for address in (str(waiting.url), fields["go_on"]):
            opened = await other.send("GET", address.removeprefix(gateway.issuer))
            assert opened.status_code == 410, opened.text
        stolen = await other.send("POST", path, form | {"csrf": token, "password": OTHER})
    done = await browser.send("POST", path, form | {"password": OTHER})

    assert stolen.status_code == 410
    assert done.status_code == 303
    assert "__Host-sid" in browser.cookies
    assert "__Host-recovery" not in browser.cookies
    assert "Max-Age=345600" in kept[0]  # the wait, and three days after it
    handle = kept[0].partition("=")[2].partition(";")[0]
    assert handle not in str(waiting.url) + waiting.text + asked.text + str(fields)


async def test_a_stolen_browser_stops_nothing(gateway: Gateway) -> None:
    citizen = await someone(gateway)
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, citizen.account, 2)
        await recovery.start(entry, citizen.account)
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = auth_time - $2::interval WHERE id = $1",
        citizen.session,
        timedelta(minutes=6),
    )
    owner = Browser(gateway, citizen.cookie)
    asked = await owner.fill(await owner.follow("/account/security"), "recovery-stop")

    assert "/login/confirm" in str(asked.url)
    async with gateway.runtime.entry() as entry:
        assert await recovery.under_way(entry, citizen.account) is not None


@pytest.mark.parametrize(
    "typed",
    [
        "ana@example.test\r\nBcc: mal@example.test", "a@b@c", '"a b"@example.test', "x" * 320,
        "ana@example.test,mal@example.test", "ana\x00@example.test", "\u017fam@example.test",
    ],
)  # fmt: skip
async def test_what_is_no_address_gets_no_mail(gateway: Gateway, typed: str) -> None:
    """RE-08."""
    browser = Browser(gateway)
    asked = await browser.follow("/login/recover")
    path, form = browser.form(asked, "recover-submit")
    async with gateway.unchanged():
        answer = await browser.send("POST", path, {**form, "username": typed})

    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    ("page", "button"), [("/login/recover", "recover-submit"), ("/create", "create-submit")]
)
async def test_mail_goes_to_the_address_that_was_proved(
    gateway: Gateway, page: str, button: str
) -> None:
    """RE-08: whoever types it another way has no mail of its account; the page tells nothing."""
    citizen, browser = await someone(gateway), Browser(gateway)
    typed = citizen.email.replace("citizen", "CITIZEN")
    shown = await browser.fill(await browser.follow(page), button, {"username": typed})
    again = await browser.fill(shown, "resend")

    assert typed in shown.text
    assert typed in again.text
    assert await queued(gateway, typed) == []
    assert len(await queued(gateway, citizen.email)) == 2


async def test_addresses_differ_only_where_mail_servers_do(gateway: Gateway) -> None:
    """RE-08: case does not count; a tag makes another address."""
    vault = gateway.runtime.vault
    one = identifiers.lookup(vault, identifiers.normalise_email("Ana@EXAMPLE.test"))

    assert identifiers.lookup(vault, identifiers.normalise_email("ana@example.test")) == one
    assert identifiers.lookup(vault, identifiers.normalise_email("ana+1@example.test")) != one
