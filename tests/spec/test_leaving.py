"""C14: an account is deleted as its citizen wishes, and what is left of it can't be read.

Specs: GDPR Art. 17, OpenID Connect Core §8, RISC 1.0 §2.3, Back-Channel Logout 1.0;
security: RE-14.
"""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from gateway import erasing, worker
from gateway.oauth import locking
from gateway.pages import receipt
from idp import accounts, attributes, erasures, identifiers, recovery
from idp.erasures import GRACE
from idp.errors import AccountNotOpen, StaffStays
from keys import journal, opaque
from keys.errors import NotSealedHere
from relying_parties import ledger_audit
from tests.support import asking, leaving, letters, services, signals, verdicts
from tests.support.browser import Browser
from tests.support.gateway import ROOT, Citizen, Gateway
from tests.support.leaving import PLACE, asked, due, gone, link, stage

pytestmark = pytest.mark.xdist_group("gateway")

SCOPE = "openid profile email offline_access"
# What stays names nobody: the account's id and its subjects are of nobody any more.
STAY = {
    "idp.erasures": "that it was deleted",
    "relying_parties.consents": "that it was agreed to",
    "relying_parties.releases": "noise",
    "relying_parties.codes": "for a day",
    "relying_parties.logouts": "for a week",
    "relying_parties.deliveries": "until they are told",
}
BACKUP = "idp.accounts", "idp.attributes", "idp.identifiers", "relying_parties.releases"


@pytest.fixture(scope="module")
async def tells(gateway: Gateway) -> None:
    await gateway.service(signals.document("leaving-tells"))
    await gateway.service(
        signals.document("leaving-quiet", "southtown", events={"types": ["session-revoked"]})
    )
    await gateway.settled()


@pytest.fixture
async def someone(gateway: Gateway, tells: None) -> Citizen:
    return await gateway.citizen("basic", "leaving-tells", "leaving-quiet")


async def subjects(gateway: Gateway, account: UUID) -> list[str]:
    async with gateway.runtime.entry() as entry:
        return sorted(await locking.subjects(entry, gateway.runtime.vault, account))


async def shared(gateway: Gateway, someone: Citizen) -> dict[str, Any]:
    held = await services.tokens(gateway, someone, scope=SCOPE)
    headers = {"authorization": f"Bearer {held['access_token']}"}
    assert (await gateway.get("/userinfo", headers=headers)).status_code == 200
    return held


async def test_the_page_says_what_it_means_for_each_service(
    gateway: Gateway, someone: Citizen
) -> None:
    api = await signals.api(gateway, "leaving-tells")
    await api.create()

    page = await Browser(gateway, someone.cookie).follow(PLACE)

    assert page.status_code == 200
    assert page.text.count("We tell them that your account has ended, and nothing else.") == 1
    assert page.text.count("They did not ask to be told.") == 2
    assert "You have 14 days to change your mind." in page.text


async def test_nobody_deletes_who_did_not_sign_in_just_now(
    gateway: Gateway, someone: Citizen
) -> None:
    browser = Browser(gateway, someone.cookie)
    form = browser.form(await browser.follow(PLACE), "delete")[1]
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = now() - interval '6 minutes' WHERE account_id = $1",
        someone.account,
    )

    async with gateway.unchanged():
        shown = await browser.send("GET", PLACE)
        sent = await browser.send("POST", PLACE, {**form, "understood": "yes"})
        forged = await browser.send("POST", PLACE, {"understood": "yes"})

    assert shown.headers["location"] == "/login/confirm?next=data/delete"
    assert sent.headers["location"] == "/login/confirm?next=data/delete"
    assert forged.status_code == 403


async def test_it_is_meant(gateway: Gateway, someone: Citizen) -> None:
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(PLACE)

    async with gateway.unchanged():
        refused = await browser.fill(page, "delete")

    assert refused.status_code == 422
    assert "Confirm that you have read what happens" in refused.text


async def test_of_fifty_wishes_at_once_one_is_written_down(
    gateway: Gateway, someone: Citizen
) -> None:
    browser = Browser(gateway, someone.cookie)
    form = browser.form(await browser.follow(PLACE), "delete")[1] | {"understood": "yes"}

    answers = await asyncio.gather(
        *(
            gateway.post(PLACE, form, headers={"cookie": _pairs(browser)}, node=n % 2)
            for n in range(50)
        )
    )

    assert {one.status_code for one in answers} <= {303, 429}
    told = Counter(name for name, _ in await letters.queued(gateway, someone.email))
    assert told["account-leaving"] == 1


async def test_for_two_weeks_nothing_happens(gateway: Gateway, someone: Citizen) -> None:
    """Services hear nothing, everything works, and every page of the account says so."""
    held = await shared(gateway, someone)
    page = await asked(gateway, someone)
    [row] = await gateway.rows("SELECT * FROM idp.erasures WHERE account_id = $1", someone.account)

    async with gateway.unchanged():
        await erasing.erase(gateway.runtime)
        overview = await gateway.get("/account", headers=someone.headers)
    headers = {"authorization": f"Bearer {held['access_token']}"}
    read = await gateway.get("/userinfo", headers=headers)

    assert row["due_at"] - row["asked_at"] == GRACE
    assert "Your account will be deleted" in page.text
    assert "This account will be deleted on" in overview.text
    assert read.status_code == 200
    assert await stage(gateway, someone) == "waiting"


async def test_who_is_signed_in_keeps_it(gateway: Gateway, someone: Citizen) -> None:
    await asked(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    kept = await browser.fill(await browser.follow(PLACE), "keep")
    await due(gateway)
    await erasing.erase(gateway.runtime)

    assert "Your account stays. Nothing was deleted." in kept.text
    assert "This account will be deleted" not in kept.text
    assert "account-kept" in [name for name, _ in await letters.queued(gateway, someone.email)]
    assert await stage(gateway, someone) == "kept"
    assert (await gateway.get("/account", headers=someone.headers)).status_code == 200


async def test_the_mailed_link_keeps_it_and_opening_it_does_not(
    gateway: Gateway, someone: Citizen
) -> None:
    await asked(gateway, someone)
    stranger, path = Browser(gateway), await link(gateway, someone)
    async with gateway.unchanged():
        page = await stranger.follow(path)
    sent = await asyncio.gather(
        *(stranger.send("POST", path, stranger.form(page, "keep")[1]) for _ in range(20))
    )

    assert someone.email not in page.text
    assert {one.status_code for one in sent} == {303}
    assert "The account stays" in (await stranger.follow(path)).text
    told = Counter(name for name, _ in await letters.queued(gateway, someone.email))
    assert told["account-kept"] == 1
    assert (await stranger.follow("/login/leaving/nothing")).status_code == 404


async def test_who_signs_in_is_asked_whether_to_keep_it(gateway: Gateway, tells: None) -> None:
    someone = await gateway.citizen("basic", aal=1)
    await gateway.set_password(someone.account, "seven slow herons fly")
    await asked(gateway, someone)

    browser = Browser(gateway)
    offered = await browser.sign_in(
        await browser.follow("/login"), someone.email, "seven slow herons fly"
    )
    assert "Do you want to keep your account?" in offered.text
    assert (await browser.follow("/account")).status_code == 200
    kept = await browser.fill(offered, "keep", {"answer": "keep"})

    assert str(kept.url).endswith("/account")
    assert await stage(gateway, someone) == "kept"


async def test_the_way_to_a_service_goes_on_after_the_offer(gateway: Gateway, tells: None) -> None:
    """Whoever leaves it at that reaches the service that they came for."""
    someone = await gateway.citizen("basic", aal=1)
    await gateway.set_password(someone.account, "seven slow herons fly")
    await asked(gateway, someone)
    browser = Browser(gateway)
    page = await browser.follow(f"/authorize?{urlencode(services.asked())}")
    offered = await browser.sign_in(page, someone.email, "seven slow herons fly")
    came = await browser.fill(offered, "go-on", {"answer": "go-on"})

    assert came.headers["location"].startswith(services.CALLBACK)
    assert "code=" in came.headers["location"]
    assert await stage(gateway, someone) == "waiting"


async def test_a_recovery_hastens_nothing(gateway: Gateway, someone: Citizen) -> None:
    """Whoever gets in by the mail meets the same two weeks, asks in vain again, and can stop it."""
    await asked(gateway, someone)
    [before] = await gateway.rows(
        "SELECT * FROM idp.erasures WHERE account_id = $1", someone.account
    )
    async with gateway.runtime.entry() as entry:
        started = await recovery.start(entry, someone.account)
    elsewhere = Browser(gateway, f"__Host-recovery={started.handle}")
    page = await elsewhere.follow("/login/recover/new")
    done = await elsewhere.fill(page, "password-submit", {"password": "seven slow herons fly"})
    again = await elsewhere.send("GET", PLACE)
    async with gateway.runtime.entry() as entry:
        assert await erasures.ask(entry, someone.account) is None

    assert "Do you want to keep your account?" in done.text
    assert 'id="delete"' not in again.text
    [after] = await gateway.rows(
        "SELECT * FROM idp.erasures WHERE account_id = $1", someone.account
    )
    assert dict(before) == dict(after)


async def test_who_looks_after_others_hands_over_first(gateway: Gateway, someone: Citizen) -> None:
    browser = Browser(gateway, someone.cookie)
    form = browser.form(await browser.follow(PLACE), "delete")[1]
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, someone.account, "auditor", by="test")

    async with gateway.unchanged():
        page = await browser.send("POST", PLACE, {**form, "understood": "yes"})
    assert "You look after others here." in page.text
    assert 'id="delete"' not in page.text
    async with gateway.runtime.entry() as entry:
        with pytest.raises(StaffStays):
            await erasures.ask(entry, someone.account)


@pytest.mark.parametrize("what", ["locked", "administrator"])
async def test_it_waits_for_who_must_look_first(
    gateway: Gateway, someone: Citizen, what: str
) -> None:
    await asked(gateway, someone)
    async with gateway.runtime.entry() as entry:
        if what == "locked":
            await locking.lock(entry, gateway.runtime.vault, someone.account, "test")
        else:
            await accounts.grant_role(entry, someone.account, "auditor", by="test")
    await due(gateway)
    await erasing.erase(gateway.runtime)
    assert await stage(gateway, someone) == "waiting"

    async with gateway.runtime.entry() as entry:
        if what == "locked":
            await accounts.unlock(entry, someone.account)
        else:
            await accounts.take_role(entry, someone.account, "auditor", by="test")
    await gone(gateway, someone)


async def test_nothing_is_left_that_anybody_can_read(gateway: Gateway, someone: Citizen) -> None:
    held = await shared(gateway, someone)
    theirs = await subjects(gateway, someone.account)
    await asked(gateway, someone)
    path = await link(gateway, someone)
    await gone(gateway, someone)

    left = await leaving.rows_of(gateway, someone, theirs)
    assert set(left) <= set(STAY)
    references = await gateway.rows(
        "SELECT citizen, state FROM relying_parties.consents WHERE subject = ANY($1)", theirs
    )
    assert {(bytes(row["citizen"]), row["state"]) for row in references} == {(b"", "withdrawn")}
    assert someone.email not in await gateway.dump()
    headers = {"authorization": f"Bearer {held['access_token']}"}
    assert (await gateway.get("/userinfo", headers=headers)).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    proof = services.proves(gateway, "basic")
    refreshed = await gateway.post("/token", form | proof.form, headers=proof.headers)
    verdicts.refused(refreshed, "invalid_grant")
    assert (await gateway.get("/account", headers=someone.headers)).status_code == 303
    told = [name for name, _ in await letters.queued(gateway, someone.email)]
    assert told[-1] == "account-gone"
    page = await Browser(gateway).follow(path)
    assert "Your account is gone" in page.text
    assert someone.email not in page.text


async def test_a_copy_of_all_but_the_keys_opens_nothing(gateway: Gateway, someone: Citizen) -> None:
    """The rest restored from a backup, beside today's keys and with the master key at hand."""
    await shared(gateway, someone)
    theirs, vault = await subjects(gateway, someone.account), gateway.runtime.vault
    copies = {table: await gateway.rows(_of(table), someone.account, theirs) for table in BACKUP}
    await asked(gateway, someone)
    await gone(gateway, someone)

    [account] = copies["idp.accounts"]
    await _restore(gateway, "idp.accounts", [account])
    await _restore(gateway, "idp.attributes", copies["idp.attributes"])
    await _restore(gateway, "idp.identifiers", copies["idp.identifiers"])
    async with gateway.runtime.entry() as entry:
        with pytest.raises(AccountNotOpen):
            await attributes.all_current(entry, vault, someone.account)
        with pytest.raises(NotSealedHere):
            await identifiers.emails(entry, vault, someone.account)
    for row in copies["relying_parties.releases"]:
        with pytest.raises(NotSealedHere):
            vault.sealer.open(row["sealed"], "relying_parties.releases", row["subject"])
    await gateway.rows("DELETE FROM idp.accounts WHERE id = $1", someone.account)


async def test_the_ledger_and_the_journal_still_verify(gateway: Gateway, someone: Citizen) -> None:
    await shared(gateway, someone)
    await seal(gateway)
    await asked(gateway, someone)
    await gone(gateway, someone)
    await seal(gateway)

    async with gateway.runtime.entry() as entry:
        ledger = await ledger_audit.verify(entry, gateway.issuer)
        chain = await journal.verify(entry)
        events = await journal.about(entry, f"account:{someone.account}", limit=3)
    assert not ledger.findings
    assert chain.broken is None
    assert events[0].kind == "AccountErased"
    assert events[0].fields == {}


async def test_one_that_fails_stands_in_nobody_s_way(gateway: Gateway, someone: Citizen) -> None:
    """A step that can't be taken is put off, undone as a whole, and tried again."""
    other = await gateway.citizen("basic")
    for each in (someone, other):
        await asked(gateway, each)
    await gateway.rows(
        "ALTER TABLE idp.erasures ADD CONSTRAINT stuck CHECK"
        f" (account_id <> '{someone.account}' OR stage <> 'closed')"
    )
    await due(gateway)
    await erasing.erase(gateway.runtime)
    stages = await stage(gateway, someone), await stage(gateway, other)
    await gateway.rows("ALTER TABLE idp.erasures DROP CONSTRAINT stuck")

    assert stages == ("waiting", "closed")
    assert await gateway.rows(_of("idp.person_keys"), someone.account, [])
    await gone(gateway, someone)


async def test_a_damaged_address_keeps_nobody_from_going(
    gateway: Gateway, someone: Citizen
) -> None:
    await asked(gateway, someone)
    await gateway.rows(
        "UPDATE idp.identifiers SET sealed = 'x' WHERE account_id = $1", someone.account
    )
    await gone(gateway, someone)

    assert not await gateway.rows(_of("idp.accounts"), someone.account, [])


async def test_mails_about_it_have_an_end(gateway: Gateway, someone: Citizen) -> None:
    """Whoever asks and keeps and asks again fills a mailbox five times a day at most."""
    browser = Browser(gateway, someone.cookie)
    for _ in range(5):
        page = await browser.follow(PLACE)
        await browser.fill(page, "delete", {"understood": "yes"})
        await browser.fill(await browser.follow(PLACE), "keep")
    refused = await browser.fill(await browser.follow(PLACE), "delete", {"understood": "yes"})

    assert refused.status_code == 429
    assert await stage(gateway, someone) == "kept"


async def test_services_that_asked_hear_it_and_nothing_else(
    gateway: Gateway, someone: Citizen
) -> None:
    """RISC 1.0 §2.3: by their own subject, once, although the consent has ended."""
    api = await signals.api(gateway, "leaving-tells")
    stream = await api.create()
    subject = await signals.subject(gateway, someone, "leaving-tells")
    await asked(gateway, someone)
    assert not (await api.poll(stream))["sets"]
    await gone(gateway, someone)

    sets = (await api.poll(stream))["sets"].values()
    told = [signals.read(gateway, raw) for raw in sets]

    about = [one for one in told if one["sub_id"].get("sub") == subject]
    assert [list(one["events"].items()) for one in about] == [
        [("https://schemas.openid.net/secevent/risc/event-type/account-purged", {})]
    ]
    assert about[0]["sub_id"]["format"] == "iss_sub"


@pytest.mark.parametrize("client_id", ["counter", "leaving-pinged"])
async def test_who_asked_from_behind_does_not_learn_it(
    gateway: Gateway, someone: Citizen, client_id: str
) -> None:
    """CIBA §14: a request to somebody who went ends as one to an address that nobody has."""
    if client_id != "counter":
        await gateway.service(
            services.document(
                client_id,
                profile="ciba",
                auth={"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)},
                redirectUris=None,
                backchannelMode="ping",
                notificationEndpoint=f"{gateway.issuer}/nobody-is-there",
            )
        )
        await gateway.settled()
    token = {} if client_id == "counter" else {"client_notification_token": opaque.handle()}
    nobody = Citizen(someone.account, someone.session, f"no-{someone.email}", "")
    both = [
        await asking.ask(gateway, one, client_id, requested_expiry=1800, **token)
        for one in (someone, nobody)
    ]
    await asked(gateway, someone)
    await gone(gateway, someone)

    async def told(seconds: int) -> list[list[Any]]:
        """Poll both, then try to ask both again, after some time."""
        for one in both:
            await asking.later(gateway, one, seconds)
        polled = [await asking.poll(gateway, one, client_id) for one in both]
        objects = [
            asking.signed(gateway, client_id, login_hint=one.email, **token)
            for one in (someone, nobody)
        ]
        again = [await asking.send(gateway, one, client_id) for one in objects]
        return [
            [polls.json(), answer.status_code, sorted(answer.json())]
            for polls, answer in zip(polled, again, strict=True)
        ]

    waiting, over = await told(600), await told(1200)
    assert waiting[0] == waiting[1]
    assert (waiting[0][0]["error"], waiting[0][1]) == ("authorization_pending", 429)
    assert over[0] == over[1]
    assert (over[0][0]["error"], over[0][1]) == ("expired_token", 200)


async def test_sessions_of_services_are_signed_out(gateway: Gateway, tells: None) -> None:
    uri = f"{gateway.issuer}/nobody-is-there"
    await gateway.service(services.document("leaving-hears", backchannelLogoutUri=uri))
    await gateway.settled()
    someone = await gateway.citizen("leaving-hears")
    await services.code(gateway, someone, "leaving-hears", scope="openid")
    await asked(gateway, someone)
    await gone(gateway, someone)

    subject = await signals.subject(gateway, someone, "leaving-hears")
    rows = await gateway.rows("SELECT * FROM relying_parties.logouts WHERE subject = $1", subject)
    assert [row["client_id"] for row in rows] == ["leaving-hears"]


async def test_the_next_with_the_address_is_somebody_else(
    gateway: Gateway, someone: Citizen
) -> None:
    """RE-14: the address is free, and no subject is given out twice."""
    before = await subjects(gateway, someone.account)
    await asked(gateway, someone)
    await gone(gateway, someone)
    async with gateway.runtime.entry() as entry:
        again = await accounts.open_account(entry, gateway.runtime.vault, email=someone.email)

    assert again.id != someone.account
    assert not set(before) & set(await subjects(gateway, again.id))


async def test_no_moment_joins_the_services_of_a_citizen(
    gateway: Gateway, someone: Citizen
) -> None:
    """ADR 2: consents that end with the account say the day and no more."""
    theirs = await subjects(gateway, someone.account)
    await asked(gateway, someone)
    await gone(gateway, someone)

    moments = await gateway.rows(
        "SELECT changed_at FROM relying_parties.consents WHERE subject = ANY($1)", theirs
    )
    assert {(row["changed_at"].hour, row["changed_at"].microsecond) for row in moments} == {(0, 0)}
    await receipt.sign_missing(gateway.runtime)
    signed = await gateway.rows(
        "SELECT receipt FROM relying_parties.consent_changes c JOIN relying_parties.consents"
        " ON id = consent_id AND c.version = consents.version WHERE subject = ANY($1)",
        theirs,
    )
    assert {row["receipt"] for row in signed} == {""}
    named = await gateway.rows(
        "SELECT kind FROM keys.journal WHERE actor = ANY($1) AND kind = 'ConsentWithdrawn'",
        [f"subject:{one}" for one in theirs],
    )
    assert not named


async def test_a_restored_copy_is_deleted_again(
    gateway: Gateway, someone: Citizen, tmp_path: Path
) -> None:
    """Who is gone is named by ids alone; nobody else is touched by the list."""
    other = await gateway.citizen("basic")
    copies = {
        table: await gateway.rows(_of(table), someone.account, [])
        for table in ("idp.accounts", "idp.person_keys", "idp.identifiers")
    }
    await asked(gateway, someone)
    await gone(gateway, someone)
    kept = tmp_path / "gone"
    kept.write_text(await _command(gateway, "erasures", "list"))
    await gateway.rows("DELETE FROM idp.erasures WHERE account_id = $1", someone.account)
    for table, rows in copies.items():
        await _restore(gateway, table, rows)
    assert await gateway.rows(_of("idp.accounts"), someone.account, [])

    await _command(gateway, "erasures", "apply", str(kept))
    await gone(gateway, someone)

    assert str(someone.account) in kept.read_text().split()
    assert str(other.account) not in kept.read_text()
    assert not await gateway.rows(_of("idp.person_keys"), someone.account, [])
    assert (await gateway.get("/account", headers=other.headers)).status_code == 200


async def test_an_address_under_the_master_key_is_put_under_its_citizen_s(
    gateway: Gateway, someone: Citizen
) -> None:
    vault = gateway.runtime.vault
    [row] = await gateway.rows(_of("idp.identifiers"), someone.account, [])
    old = vault.sealer.seal(someone.email.encode(), "idp.identifiers", str(row["id"]))
    await gateway.rows("UPDATE idp.identifiers SET sealed = $2 WHERE id = $1", row["id"], old)
    async with gateway.runtime.entry() as entry:
        assert await identifiers.emails(entry, vault, someone.account) == [someone.email]

    await _command(gateway, "keys", "reseal")

    [after] = await gateway.rows(_of("idp.identifiers"), someone.account, [])
    with pytest.raises(NotSealedHere):
        vault.sealer.open(after["sealed"], "idp.identifiers", str(row["id"]))
    async with gateway.runtime.entry() as entry:
        assert await identifiers.emails(entry, vault, someone.account) == [someone.email]


async def _command(gateway: Gateway, *words: str) -> str:
    """Run a command of ``gatehouse``; return what it printed."""
    plain = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "gateway.cli", *words],
        cwd=ROOT,
        env={**plain, **gateway.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def seal(gateway: Gateway) -> None:
    """Let the worker take every line into the tree."""
    async with asyncio.timeout(60):
        while True:
            async with gateway.runtime.entry() as entry:
                if not (await ledger_audit.verify(entry, gateway.issuer)).waiting:
                    return
            await worker.grow_ledger(gateway.runtime)


def _pairs(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def _of(table: str) -> str:
    """Ask for the rows of a citizen: $1 is the account, $2 the subjects."""
    if table.startswith("relying_parties"):
        return f"SELECT * FROM {table} WHERE $1::uuid IS NOT NULL AND subject = ANY($2)"
    column = "id" if table == "idp.accounts" else "account_id"
    return f"SELECT * FROM {table} WHERE {column} = $1 AND $2::text[] IS NOT NULL"


async def _restore(gateway: Gateway, table: str, rows: list[Any]) -> None:
    for row in rows:
        names = list(row.keys())
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        await gateway.rows(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", *row.values()
        )
