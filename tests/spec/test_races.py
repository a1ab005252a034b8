"""Group RC: fifty clients at once, over two processes, and one of them gets it.

Specs: RFC 6749 §4.1.2, RFC 9126 §7.3, RFC 9700 §4.14; security: RC-01 to RC-17.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.oauth import ending
from idp import notices
from keys import opaque, pairwise
from relying_parties import clients, consents
from tests.support import services, verdicts
from tests.support.browser import Browser, meanwhile
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

MANY = 50


async def reads(gateway: Gateway, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return int((await gateway.get("/userinfo", headers=headers)).status_code)


@pytest.mark.parametrize("client_id", ["basic", "gov"])
async def test_of_fifty_redemptions_one_gets_tokens(gateway: Gateway, client_id: str) -> None:
    """RC-01: and because the code came back, what it became ends (TK-01)."""
    someone = await gateway.citizen(client_id)
    pushed = {"request_uri": await services.push(gateway, client_id)}
    query = urlencode({"client_id": client_id} | pushed)
    came = await gateway.get(f"/authorize?{query}", headers=someone.headers)
    value = verdicts.sent_back(came, CALLBACK, gateway.issuer)["code"]
    code = services.Code(value, client_id, "v" * 43, CALLBACK)

    answers = await asyncio.gather(
        *(services.redeem(gateway, code, node=n % 2) for n in range(MANY))
    )

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer.status_code != 200:
            verdicts.refused(answer, "invalid_grant")
    assert await reads(gateway, won[0]["access_token"]) == 401
    made = await gateway.rows(
        "SELECT 1 FROM relying_parties.access_tokens WHERE code = $1", opaque.digest(value)
    )
    assert len(made) == 1


async def test_of_fifty_refreshes_one_chain_goes_on(gateway: Gateway) -> None:
    """RC-02: a rotated token has one successor, or its family is dead."""
    someone = await gateway.citizen("app")
    held = await services.tokens(gateway, someone, "app", scope="openid offline_access")
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"],
            "client_id": "app"}  # fmt: skip

    answers = await asyncio.gather(*(gateway.post("/token", form, node=n % 2) for n in range(MANY)))

    won = [answer.json()["refresh_token"] for answer in answers if answer.status_code == 200]
    for answer in answers:
        if answer.status_code != 200:
            verdicts.refused(answer, "invalid_grant")
    assert len(set(won)) == 1
    living = await gateway.rows(
        "SELECT 1 FROM relying_parties.refresh_tokens r JOIN relying_parties.codes c"
        " ON c.digest = r.code AND c.ended_at IS NULL WHERE r.replaced_at IS NULL"
        " AND r.code = (SELECT code FROM relying_parties.refresh_tokens WHERE digest = $1)",
        opaque.digest(held["refresh_token"]),
    )
    assert len(living) <= 1


@pytest.mark.parametrize("kind", ["code", "refresh_token"])
async def test_stopping_beats_redeeming(gateway: Gateway, kind: str) -> None:
    """RC-08: twenty rounds; whichever comes first, nothing lives without a living consent."""
    for node in range(20):
        someone = await gateway.citizen("basic")
        code = await services.code(gateway, someone, scope="openid profile offline_access")
        if kind == "code":
            used = services.redeem(gateway, code, node=node % 2)
        else:
            held = (await services.redeem(gateway, code)).json()["refresh_token"]
            form = {"grant_type": "refresh_token", "refresh_token": held}
            proof = services.proves(gateway, "basic")
            used = gateway.post("/token", form, headers=proof.headers, node=node % 2)

        answer, _ = await asyncio.gather(used, _withdraw(gateway, someone))

        if answer.status_code == 200:
            assert await reads(gateway, answer.json()["access_token"]) == 401
        else:
            verdicts.refused(answer, "invalid_grant")
    alive = await gateway.rows(
        "SELECT 1 FROM relying_parties.codes c JOIN relying_parties.consents s"
        " ON s.id = c.consent_id WHERE s.state <> 'active' AND c.ended_at IS NULL"
    )
    assert not alive


@pytest.mark.parametrize("client_id", ["gov", "basic"])
async def test_a_pushed_request_gets_one_code_in_fifty_tabs(
    gateway: Gateway, client_id: str
) -> None:
    """RC-11."""
    someone = await gateway.citizen(client_id)
    uri = await services.push(gateway, client_id)
    address = f"/authorize?{urlencode({'client_id': client_id, 'request_uri': uri})}"

    answers = await asyncio.gather(
        *(gateway.get(address, headers=someone.headers, node=n % 2) for n in range(MANY))
    )

    won = [answer for answer in answers if answer.status_code == 303]
    assert len(won) == 1
    assert "code" in verdicts.sent_back(won[0], CALLBACK, gateway.issuer)
    for answer in answers:
        if answer is not won[0]:
            verdicts.page(answer)


async def test_an_interaction_gets_one_code_in_fifty_tabs(gateway: Gateway) -> None:
    """RC-11, after the share page."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    path, form = browser.form(page, "consent-allow")
    agreed = await browser.send("POST", path, {**form, "answer": "allow", "duration": "until"})
    onward = agreed.headers["location"]
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    answers = await asyncio.gather(
        *(gateway.get(onward, headers={"cookie": cookie}, node=n % 2) for n in range(MANY))
    )

    codes = [one for one in answers if "code=" in one.headers.get("location", "")]
    assert len(codes) == 1
    assert {one.status_code for one in answers} == {303, 410}


async def test_a_consent_is_given_once_by_fifty_clicks(gateway: Gateway) -> None:
    """RC-16's kin: one row in force, whatever was clicked how often."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    path, form = browser.form(page, "consent-allow")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    form |= {"answer": "allow", "duration": "until"}

    answers = await asyncio.gather(
        *(gateway.post(path, form, headers={"cookie": cookie}, node=n % 2) for n in range(MANY))
    )

    assert {one.status_code for one in answers} <= {303, 409, 410}
    found = await _consents(gateway, someone)
    assert [one["state"] for one in found] == ["active"]


async def test_after_signing_out_nobody_gets_a_code(gateway: Gateway, ana: Citizen) -> None:
    """RC-17: at any process; and what was issued until then is worth nothing any more."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/logout")
    path, form = browser.form(page, "logout-confirm")
    address = f"/authorize?{urlencode(asked(prompt='none'))}"
    told: list[dict[str, str]] = []

    async def silently(node: int) -> dict[str, str]:
        answer = await gateway.get(address, headers=ana.headers, node=node)
        return verdicts.sent_back(answer, CALLBACK, gateway.issuer)

    async def keep_asking(node: int) -> None:
        while not over.is_set():
            told.append(await silently(node))
            if len(told) >= 40:
                enough.set()

    enough, over = asyncio.Event(), asyncio.Event()
    askers = [asyncio.create_task(keep_asking(n % 2)) for n in range(10)]
    await enough.wait()
    ended = await browser.send("POST", path, {**form, "answer": "yes"})
    late = await asyncio.gather(*(silently(n % 2) for n in range(MANY)))
    over.set()
    await asyncio.gather(*askers)

    assert "clear-site-data" in ended.headers
    assert {one.get("error") for one in late} == {"login_required"}
    await asyncio.sleep(ending.SETTLED + 0.3)  # for those that were under way
    for value in [one["code"] for one in told if "code" in one]:
        code = services.Code(value, "basic", "v" * 43, CALLBACK)
        verdicts.refused(await services.redeem(gateway, code), "invalid_grant")


@pytest.mark.parametrize("trouble", ["new-password", "recovered"])
async def test_after_a_new_password_no_other_browser_gets_a_code(
    gateway: Gateway, ana: Citizen, trouble: str
) -> None:
    """RC-17, TK-19: the browser of whoever knew the old one, offline access asked or not."""
    _, cookie = await gateway.sign_in(ana.account)
    wishes = [urlencode(asked(prompt="none", scope=f"openid profile{more}"))
              for more in ("", " offline_access")]  # fmt: skip
    told: list[dict[str, str]] = []

    async def keep_asking(node: int) -> None:
        while "login_required" not in {one.get("error") for one in told[-1:]}:
            answer = await gateway.get(
                f"/authorize?{wishes[node % 2]}", headers={"cookie": cookie}, node=node % 2
            )
            told.append(verdicts.sent_back(answer, CALLBACK, gateway.issuer))
            if len(told) >= 40:
                enough.set()

    enough = asyncio.Event()
    askers = [asyncio.create_task(keep_asking(n)) for n in range(10)]
    await enough.wait()
    await meanwhile(gateway, trouble, ana, "basic")
    await asyncio.gather(*askers)

    await asyncio.sleep(ending.SETTLED + 0.3)  # for those that were under way
    for value in [one["code"] for one in told if "code" in one]:
        code = services.Code(value, "basic", "v" * 43, CALLBACK)
        verdicts.refused(await services.redeem(gateway, code), "invalid_grant")


async def test_a_recovery_code_works_once_in_fifty_posts(gateway: Gateway) -> None:
    """RC-07: one recovery begins."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, "a quiet harbour at dawn")
    browser = Browser(gateway)
    start = await browser.follow("/login/recover")
    page = await browser.fill(start, "username", {"username": someone.email})
    path, form = browser.form(page, "code-submit")
    async with gateway.runtime.entry() as entry:
        mails = await notices.take(entry, gateway.runtime.vault, limit=1000)
    code = next(str(one.fields["code"]) for one in reversed(mails) if one.email == someone.email)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    answers = await asyncio.gather(
        *(
            gateway.post(path, form | {"code": code}, headers={"cookie": cookie}, node=n % 2)
            for n in range(MANY)
        )
    )

    assert [one.status_code for one in answers].count(303) == 1
    assert {one.status_code for one in answers} <= {303, 410, 422}
    begun = await gateway.rows(
        "SELECT 1 FROM idp.recoveries WHERE account_id = $1", someone.account
    )
    assert len(begun) == 1


async def test_fifty_guesses_at_once_are_five(gateway: Gateway) -> None:
    """RC-14: tries are counted before they are looked at."""
    someone = await gateway.citizen()
    browser = Browser(gateway)
    start = await browser.follow("/login/recover")
    page = await browser.fill(start, "username", {"username": someone.email})
    path, form = browser.form(page, "code-submit")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    answers = await asyncio.gather(
        *(
            gateway.post(path, form | {"code": f"{n:08}"}, headers={"cookie": cookie}, node=n % 2)
            for n in range(MANY)
        )
    )

    assert [one.status_code for one in answers].count(422) <= 5
    assert {one.status_code for one in answers} <= {410, 422}


async def _withdraw(gateway: Gateway, someone: Citizen) -> None:
    found = await _consents(gateway, someone)
    async with gateway.runtime.entry() as entry:
        await consents.withdraw(entry, found[0]["id"], [found[0]["subject"]])


async def _consents(gateway: Gateway, someone: Citizen) -> list[Any]:
    async with gateway.runtime.entry() as entry:
        client = await clients.find(entry, "basic")
    assert client
    key = gateway.runtime.vault.pairwise
    subject = pairwise.subject(key, client.sector, someone.account)
    return await gateway.rows(
        "SELECT id, subject, state FROM relying_parties.consents WHERE subject = $1"
        " AND client_id = 'basic'",
        subject,
    )
