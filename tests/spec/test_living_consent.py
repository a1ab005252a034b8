"""Consent that lives: told before it ends, kept going or let end, and over when it is (N1, N2).

Specs: GDPR Art. 7, ISO/IEC TS 27560.
"""

import asyncio
import re
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from gateway import reminding, worker
from gateway.pages import receipt
from gateway.worker import _letter
from idp import notices
from relying_parties import clients
from tests.support import letters, services, signals, verdicts
from tests.support.browser import Browser
from tests.support.gateway import ROOT, Citizen, Gateway, _without_ours

SHARING = "/account/sharing/basic"
TEMPLATE = "sharing-ends"
REMINDS = """
import asyncio
from gateway import reminding
from gateway.cli import house

async def main():
    async with house.opened() as runtime:
        print("ready", flush=True)
        await reminding.remind_citizens(runtime)

asyncio.run(main())
"""


async def ends(gateway: Gateway, someone: Citizen, span: str, *names: str) -> None:
    """Let what a citizen shares end in ``span`` from now, and have been decided long ago."""
    consents = [await gateway.agree(someone.account, name) for name in names or ("basic",)]
    await gateway.rows(
        "UPDATE relying_parties.consents SET expires_at = now() + $2::text::interval,"
        " changed_at = now() - interval '300 days' WHERE id = ANY($1)",
        [one.id for one in consents],
        span,
    )


async def reminded(gateway: Gateway, someone: Citizen) -> list[Any]:
    return [told for name, told in await letters.queued(gateway, someone.email) if name == TEMPLATE]


async def test_one_that_was_altered_keeps_nobody_from_being_reminded(gateway: Gateway) -> None:
    """F-40: a reference that does not open leads to nobody."""
    altered, someone = [await gateway.citizen() for _ in range(2)]
    await ends(gateway, altered, "12 days")
    await ends(gateway, someone, "13 days")
    theirs = await signals.subject(gateway, altered, "basic")
    turned = (
        "UPDATE relying_parties.consents"
        " SET citizen = set_byte(citizen, 9, 255 - get_byte(citizen, 9)) WHERE subject = $1"
    )
    await gateway.rows(turned, theirs)

    await reminding.remind_citizens(gateway.runtime)
    await gateway.rows(turned, theirs)  # as it was, for whoever looks at all of them

    assert len(await reminded(gateway, someone)) == 1


async def test_of_several_that_end_there_is_one_mail_a_day(gateway: Gateway) -> None:
    """Fifty workers look; one mail names no service, and no detail."""
    someone = await gateway.citizen()
    await ends(gateway, someone, "13 days", "basic", "other")
    await asyncio.gather(*(reminding.remind_citizens(gateway.runtime) for _ in range(50)))
    await ends(gateway, someone, "12 days", "post")
    await reminding.remind_citizens(gateway.runtime)

    assert await reminded(gateway, someone) == [{}]
    async with gateway.runtime.entry() as entry:
        taken = await notices.take(entry, gateway.runtime.vault, 10_000)
    [notice] = [one for one in taken if (one.email, one.template) == (someone.email, TEMPLATE)]
    text = _letter(gateway.runtime, notice)
    for name in ("basic", "post", "other"):
        async with gateway.runtime.entry() as entry:
            client = await clients.find(entry, name)
        assert client is not None
        for said in (client.registration.name["en"], client.agency.name["en"], "Email address"):
            assert said not in text.subject + text.body
    assert "/account/sharing" in text.body


async def test_who_is_locked_out_is_not_written_to(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "13 days")
    await gateway.rows("UPDATE idp.accounts SET status = 'locked' WHERE id = $1", someone.account)

    await reminding.remind_citizens(gateway.runtime)

    assert await reminded(gateway, someone) == []


async def test_a_killed_worker_reminds_each_once(gateway: Gateway) -> None:
    """It dies in the middle, with reminders noted and no mail: neither is there afterwards."""
    await reminding.remind_citizens(gateway.runtime)
    people = [await gateway.citizen() for _ in range(5)]
    for someone in people:
        await ends(gateway, someone, "13 days")
    async with gateway.runtime.pool.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE idp.notices IN SHARE MODE")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", REMINDS, cwd=ROOT, env={**_without_ours(), **gateway.environment},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(60):
            while not await gateway.rows(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'idp.notices'::regclass"
            ):
                pass
        process.send_signal(signal.SIGKILL)
        await process.communicate()
    assert [await reminded(gateway, one) for one in people] == [[]] * 5

    await reminding.remind_citizens(gateway.runtime)
    await reminding.remind_citizens(gateway.runtime)

    assert [await reminded(gateway, one) for one in people] == [[{}]] * 5


async def test_the_account_says_which_one_and_offers_longer(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "13 days")
    browser = Browser(gateway, someone.cookie)

    overview = await browser.follow("/account")
    listed = await browser.follow("/account/sharing")
    page = await browser.follow(SHARING)

    assert "Sharing with 1 service ends soon." in overview.text
    assert "Ends soon" in listed.text
    assert re.findall(r'name="days" value="(\d+)"(.*?)>', page.text) == [
        ("30", ""), ("182", ""), ("365", ""),
    ]  # fmt: skip


async def test_what_is_not_near_its_end_is_left_alone(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "30 days")

    await reminding.remind_citizens(gateway.runtime)
    page = await Browser(gateway, someone.cookie).follow(SHARING)

    assert 'name="days"' not in page.text
    assert await reminded(gateway, someone) == []


async def test_it_is_kept_going_with_a_receipt(gateway: Gateway) -> None:
    """N11: signed, and what the service reads in the citizen's absence goes on as long."""
    someone = await gateway.citizen("basic")
    told = await services.tokens(gateway, someone, scope="openid profile offline_access")
    await ends(gateway, someone, "2 days")
    browser = Browser(gateway, someone.cookie)

    page = await browser.fill(
        await browser.follow(SHARING), "longer", {"days": "182", "answer": "keep"}
    )

    assert "Saved. They may read the same details until" in page.text
    assert "You kept it going for longer" in page.text
    assert 'name="days"' not in page.text
    [address] = re.findall(r'href="([^"]+/receipt/3)"', page.text)
    receipt = verdicts.claims((await browser.send("GET", address)).text)
    [event] = receipt["record"]["events"]
    assert (event["event_type"], event["event_state"]) == ("prolonged", "renewed")
    [row] = await gateway.rows(
        "SELECT c.expires_at, c.expires_at - now() AS left, r.expires_at AS refreshed"
        " FROM relying_parties.consents c JOIN relying_parties.codes f ON f.consent_id = c.id"
        " JOIN relying_parties.refresh_tokens r ON r.code = f.digest"
        " WHERE f.subject = $1",
        verdicts.claims(told["id_token"])["sub"],
    )
    assert (row["left"].days, row["refreshed"]) == (181, row["expires_at"])


@pytest.mark.parametrize("days", ["", "0", "-1", "9999", "31", "x", "365 "])
async def test_only_what_is_offered_can_be_chosen(gateway: Gateway, days: str) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "2 days")
    browser = Browser(gateway, someone.cookie)
    path, form = browser.form(await browser.follow(SHARING), "longer")

    async with gateway.unchanged():
        answer = await browser.send("POST", path, {**form, "days": days, "answer": "keep"})

    assert "Choose how long to keep it going" in verdicts.page(answer, 422)


async def test_a_form_that_is_sent_fifty_times_counts_once(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "2 days")
    browser = Browser(gateway, someone.cookie)
    path, form = browser.form(await browser.follow(SHARING), "longer")
    given = {**form, "days": "182", "answer": "keep"}

    all_of = await asyncio.gather(
        *(browser.send("POST", path, given, x_number=str(number)) for number in range(50))
    )

    assert Counter(one.status_code for one in all_of) == {303: 50}
    history = await browser.follow(SHARING)
    assert history.text.count("You kept it going for longer") == 1


async def test_nobody_prolongs_for_another(gateway: Gateway) -> None:
    someone, other = await gateway.citizen(), await gateway.citizen()
    await ends(gateway, someone, "2 days")
    theirs = Browser(gateway, other.cookie)
    _, form = theirs.form(await theirs.follow("/account/sessions"), "end-all")

    async with gateway.unchanged():
        answer = await theirs.send(
            "POST", f"{SHARING}/longer", {**form, "days": "182", "answer": "keep"}
        )

    assert answer.status_code == 404


async def test_whoever_lets_it_end_hears_no_more(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await ends(gateway, someone, "13 days")
    browser = Browser(gateway, someone.cookie)

    page = await browser.fill(await browser.follow(SHARING), "let-end", {"answer": "end"})
    await reminding.remind_citizens(gateway.runtime)

    assert "You let it end." in page.text
    assert 'id="let-end"' not in page.text
    assert await reminded(gateway, someone) == []


async def test_the_end_ends_tokens_and_leaves_a_way_back(gateway: Gateway) -> None:
    """At the next read, before any worker wrote it down; nothing can be undone."""
    someone = await gateway.citizen("basic")
    told = await services.tokens(gateway, someone, scope="openid profile offline_access")
    browser = Browser(gateway, someone.cookie)
    await ends(gateway, someone, "-1 second")
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    proof = services.proves(gateway, "basic")

    read = await gateway.get("/userinfo", headers=bearer, node=1)
    looked = await gateway.post(
        "/introspect", {"token": told["access_token"]}, headers=proof.headers
    )
    refreshed = await gateway.post(
        "/token",
        {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]},
        headers=proof.headers,
    )
    page = await browser.follow(SHARING)
    listed = await browser.follow("/account/sharing")

    assert read.status_code == 401
    assert looked.json() == {"active": False}
    assert refreshed.json()["error"] == "invalid_grant"
    assert "The time that you agreed to ended on" in page.text
    assert "To share again, go to the service" in page.text
    assert 'id="undo"' not in page.text
    assert "ran out on" in listed.text


async def test_a_receipt_is_a_page_a_file_and_json(gateway: Gateway) -> None:
    """N11: all three say the same, and nobody else reads any of them."""
    someone, other = await gateway.citizen(), await gateway.citizen("basic")
    await ends(gateway, someone, "2 days")
    browser = Browser(gateway, someone.cookie)
    service = await browser.fill(
        await browser.follow(SHARING), "longer", {"days": "182", "answer": "keep"}
    )
    [address] = re.findall(r'href="([^"]+/receipt/2)/read"', service.text)

    page = await browser.follow(f"{address}/read")
    told = (await browser.send("GET", f"{address}/json")).json()
    signed = verdicts.claims((await browser.send("GET", address)).text)
    french = await browser.follow(f"{address}/read?lang=fr")
    theirs = [
        await gateway.get(f"{address}{form}", headers=other.headers)
        for form in ("", "/json", "/read")
    ]
    nobody = await gateway.get(f"{address}/read")

    assert told == signed
    for said in (
        "You kept it going for longer", "Northtown", "Full name",
        told["metadata"]["receipt_id"], f"{gateway.issuer}/jwks",
    ):  # fmt: skip
        assert said in page.text
    assert "Vous avez prolongé le partage" in french.text
    assert [one.status_code for one in theirs] == [404] * 3
    assert nobody.headers["location"].startswith("/login")


async def test_what_happens_without_the_citizen_has_a_receipt_too(gateway: Gateway) -> None:
    """N11: its end, and what the service gives up by itself; each once, whoever signs."""
    managed = "gives-up"
    await gateway.service(services.document(managed, grantManagement="optional"))
    await gateway.settled()
    someone = await gateway.citizen()
    given = await gateway.agree(someone.account, managed)
    await ends(gateway, someone, "-1 second")
    token = await signals.token(gateway, managed, "grant_management_revoke")
    gone = await gateway.ask(
        "DELETE", f"/grants/{given.id}", headers={"authorization": f"Bearer {token}"}
    )
    await worker.expire_consents(gateway.runtime)

    signed = await asyncio.gather(*(receipt.sign_missing(gateway.runtime) for _ in range(50)))

    assert gone.status_code == 204
    assert sum(signed) >= 2
    assert await receipt.sign_missing(gateway.runtime) == 0
    browser = Browser(gateway, someone.cookie)
    for name, kind, state in (("basic", "expired", "expired"), (managed, "revoked", "withdrawn")):
        told = (await browser.send("GET", f"/account/sharing/{name}/receipt/2/json")).json()
        [event] = told["record"]["events"]
        assert (event["event_type"], event["event_state"]) == (kind, state)
