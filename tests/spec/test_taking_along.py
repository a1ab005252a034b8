"""C13: everything that is held of a citizen, in one file that is theirs alone; CDS-11, CR-8.

Specs: GDPR Art. 15, Art. 20, JSON Schema 2020-12.
"""

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gateway.exporting import PARTS, making
from gateway.oauth import locking
from idp import attributes, exports
from idp.exports import LIVES, MOST_TRIES
from keys.errors import NotSealedHere
from relying_parties import changes, requests
from relying_parties.request_states import State
from relying_parties.requests import File
from tests.spec.test_a_killed_worker_s_duties import ONE_DUTY, running
from tests.spec.test_leaving import seal
from tests.spec.test_standing_rules import OFFICE as PAYS
from tests.spec.test_standing_rules import agreed
from tests.support import letters, offices, services
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

pytestmark = pytest.mark.xdist_group("gateway")

PLACE = "/account/data/export"
OFFICE = "taken-along"
MAKES = ONE_DUTY.replace(
    "from gateway import worker", "from gateway.exporting import making as worker"
).format(duty="make")


async def wanted(gateway: Gateway, someone: Citizen) -> str:
    """Ask for the file and let the worker make it; return the path at which it is fetched."""
    browser = Browser(gateway, someone.cookie)
    await browser.fill(await browser.follow(PLACE), "make")
    await made(gateway, someone)
    return browser.form(await browser.follow(PLACE), "fetch")[0]


async def made(gateway: Gateway, someone: Citizen) -> None:
    while (await state(gateway, someone))["state"] == "queued":
        await making.make(gateway.runtime)


async def state(gateway: Gateway, someone: Citizen) -> Any:
    [row] = await gateway.rows("SELECT * FROM idp.exports WHERE account_id = $1", someone.account)
    return row


async def fetched(gateway: Gateway, someone: Citizen) -> zipfile.ZipFile:
    await wanted(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    answer = await browser.fill(await browser.follow(PLACE), "fetch")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def share(gateway: Gateway, someone: Citizen) -> None:
    held = await services.tokens(gateway, someone)
    headers = {"authorization": f"Bearer {held['access_token']}"}
    assert (await gateway.get("/userinfo", headers=headers)).status_code == 200


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody of whom there is something in every part, with a receipt of a decision."""
    someone = await gateway.citizen("basic", "bound")
    await share(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    await browser.fill(await browser.follow("/account/sharing/basic/stop"), "stop")
    await gateway.agree(someone.account, "basic")
    return someone


def document(file: zipfile.ZipFile, name: str) -> Any:
    return json.loads(file.read(name))


async def test_every_file_is_as_its_schema_says(gateway: Gateway, ana: Citizen) -> None:
    file = await fetched(gateway, ana)

    names = set(file.namelist())
    for part in PARTS:
        schema = document(file, f"schemas/{part.name}.schema.json")
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        folder = [one for one in names if one.startswith(f"{part.name}/") and one.endswith(".json")]
        for name in folder or [f"{part.name}.json"]:
            validator.validate(document(file, name))
    assert not [one for one in names if one.startswith("/") or ".." in one]


async def test_all_that_is_held_is_in_it(gateway: Gateway, ana: Citizen) -> None:
    """CR-8: every receipt, too, to be read by a program and by a person."""
    vault = gateway.runtime.vault
    for value in ("Anna", "Anne"):
        async with gateway.runtime.entry() as entry:
            await attributes.record(
                entry, vault, ana.account, "nickname", value, source_type="self", by="test"
            )
            subject = (
                await gateway.rows(
                    "SELECT subject FROM relying_parties.consents ORDER BY changed_at DESC LIMIT 1"
                )
            )[0]["subject"]
            await changes.note(entry, "basic", subject, ["nickname"], days=3)
    file = await fetched(gateway, ana)

    profile = document(file, "profile.json")
    told = [
        (one["value"], one["status"]) for one in profile["claims"] if one["claim"] == "nickname"
    ]
    assert told == [("Anna", "superseded"), ("Anne", "active")]
    assert [one["email"] for one in profile["addresses"]] == [ana.email]
    consents = document(file, "consents.json")["consents"]
    assert {(one["service"], one["state"]) for one in consents} == {
        ("basic", "active"), ("basic", "withdrawn"), ("bound", "active"),
    }  # fmt: skip
    receipts = [
        change["receipt"] for one in consents for change in one["changes"] if change["receipt"]
    ]
    assert receipts
    for name in receipts:
        assert document(file, name)["receipt"]["record"]["record_id"] in name
        assert b"You stopped sharing" in file.read(name.replace(".json", ".html"))
    sign_ins = document(file, "sign-ins.json")
    assert len(sign_ins["sessions"]) == 1
    assert {"SignedIn", "AccountOpened"} <= {one["kind"] for one in sign_ins["activity"]}
    assert [one["claims"] for one in document(file, "notices.json")["notices"]] == [
        ["nickname"]
    ] * 2
    assert "verify_ledger.py ledger.json --keys keys.json" in file.read("README.txt").decode()


async def test_what_was_asked_and_asked_back_is_in_it(gateway: Gateway) -> None:
    await offices.register(gateway, OFFICE)
    someone = await gateway.citizen()
    request = await offices.ask(gateway, someone, OFFICE, offices.refund())
    await offices.inquire(gateway, someone, request, "Which account is it?")
    file = await fetched(gateway, someone)

    [told] = document(file, "requests.json")["requests"]
    assert (told["service"], told["state"]) == (OFFICE, "pending")
    assert told["details"] == [offices.refund()]
    assert [one["words"] for one in told["said"]] == ["Which account is it?"]
    Draft202012Validator(document(file, "schemas/requests.schema.json")).validate(
        document(file, "requests.json")
    )


async def test_what_was_agreed_to_beforehand_is_in_it(gateway: Gateway) -> None:
    await offices.register(gateway, PAYS)
    someone = await gateway.citizen()
    await agreed(gateway, someone)
    file = await fetched(gateway, someone)

    [told] = document(file, "standing.json")["rules"]
    assert (told["service"], told["ended_at"], told["uses"]) == (PAYS, None, [])
    assert told["detail"]["type"] == offices.refund()["type"]
    Draft202012Validator(document(file, "schemas/standing.schema.json")).validate(
        document(file, "standing.json")
    )


async def test_what_services_reported_is_in_it(gateway: Gateway, ana: Citizen) -> None:
    [row] = await gateway.rows(
        "SELECT subject FROM relying_parties.consents WHERE client_id = 'bound'"
        " ORDER BY changed_at DESC LIMIT 1"
    )
    said = {"en": "Your parking permit"}
    async with gateway.runtime.entry() as entry:
        key = await attributes.data_key(entry, gateway.runtime.vault, ana.account)
        file_ = File("bound", row["subject"], "PP-1", "a mac")
        for hour, state in ((1, "received"), (2, "in_progress")):
            at = datetime(2026, 11, 2, hour, tzinfo=UTC)
            await requests.report(entry, key, file_, State(state, at, said, said, {}))
    file = await fetched(gateway, ana)

    [told] = document(file, "your-requests.json")["requests"]
    assert (told["service"], told["number"]) == ("bound", "PP-1")
    assert [one["state"] for one in told["states"]] == ["in_progress", "received"]
    Draft202012Validator(document(file, "schemas/your-requests.schema.json")).validate(
        document(file, "your-requests.json")
    )


async def test_the_ledger_checks_out_of_the_file_alone(
    gateway: Gateway, ana: Citizen, tmp_path: Path
) -> None:
    await seal(gateway)
    file = await fetched(gateway, ana)
    file.extractall(tmp_path)
    whole = await asyncio.to_thread(_checked, tmp_path)
    lines = document(file, "ledger.json")
    assert (len(lines["lines"]), lines["waiting"]) == (1, [])
    assert whole.returncode == 0, whole.stdout
    lines["lines"][0]["line"] = lines["lines"][0]["line"].replace("basic", "other")
    (tmp_path / "ledger.json").write_text(json.dumps(lines))
    assert (await asyncio.to_thread(_checked, tmp_path)).returncode == 1


async def test_nobody_else_is_in_it(gateway: Gateway, ana: Citizen) -> None:
    other = await gateway.citizen("basic", "bound")
    await share(gateway, other)
    file = await fetched(gateway, ana)

    everything = b"".join(file.read(name) for name in file.namelist()).decode()
    [own] = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.consents WHERE id::text = ANY($1)",
        [one["id"] for one in document(file, "consents.json")["consents"]],
    )
    assert own["n"] == 3
    number = other.email.removeprefix("citizen").partition("@")[0]
    for theirs in (other.email, str(other.account), str(other.session), f'"Number {number}"'):
        assert theirs not in everything
    # Nor anything that would let somebody in: what could is not held in a form that can be told.
    for secret in (ana.cookie.partition("=")[2], "digest", "wrapped", "handle"):
        assert secret not in json.dumps(
            [document(file, name) for name in file.namelist() if name.endswith(".json")
             and not name.startswith(("receipts", "schemas"))]
        )  # fmt: skip


async def test_an_administrator_takes_nobody_else_along(gateway: Gateway, ana: Citizen) -> None:
    """What they did to others is told as a kind, without whom."""
    other = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        by = f"account:{ana.account}"
        await locking.lock(entry, gateway.runtime.vault, other.account, "test", by=by)
    file = await fetched(gateway, ana)

    activity = document(file, "sign-ins.json")["activity"]
    locked = [one for one in activity if one["kind"] == "AccountLocked"]
    assert [(one["by"], one["fields"]) for one in locked] == [("you", {})]
    assert str(other.account) not in json.dumps(activity)


async def test_it_speaks_the_citizen_s_language(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(f"{PLACE}?lang=fr")
    await browser.fill(page, "make")
    await made(gateway, ana)
    answer = await browser.fill(await browser.follow(PLACE), "fetch")
    file = zipfile.ZipFile(io.BytesIO(answer.content))

    assert "Tout ce que" in file.read("README.txt").decode()


async def test_of_fifty_who_fetch_it_one_gets_it(gateway: Gateway, ana: Citizen) -> None:
    path = await wanted(gateway, ana)
    browser = Browser(gateway, ana.cookie)
    form = browser.form(await browser.follow(PLACE), "fetch")[1]
    pairs = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    answers = await asyncio.gather(
        *(gateway.post(path, form, headers={"cookie": pairs}, node=n % 2) for n in range(50))
    )

    assert sorted(one.status_code for one in answers) == [200] + [410] * 49
    assert all("Make another file" in one.text for one in answers if one.status_code == 410)
    row = await state(gateway, ana)
    assert (row["state"], row["sealed"]) == ("taken", None)


async def test_it_is_sealed_to_its_citizen(gateway: Gateway, ana: Citizen) -> None:
    await wanted(gateway, ana)
    row = await state(gateway, ana)

    assert b"PK" not in row["sealed"][:32]
    assert row["size"] < len(row["sealed"])
    with pytest.raises(NotSealedHere):
        gateway.runtime.vault.sealer.open(
            row["sealed"], "idp.exports", str(ana.account), str(row["id"])
        )


async def test_another_citizen_gets_nothing(gateway: Gateway, ana: Citizen) -> None:
    path = await wanted(gateway, ana)
    other = await gateway.citizen()
    browser = Browser(gateway, other.cookie)
    form = browser.form(await browser.follow(PLACE), "make")[1]

    async with gateway.unchanged():
        stolen = await browser.send("POST", path, form)
        nobody = await Browser(gateway).send("POST", path, form)
        opened = await browser.send("GET", path)
    assert stolen.status_code == 410
    assert nobody.status_code in (303, 403)
    assert opened.status_code == 405


async def test_who_did_not_sign_in_just_now_gets_nothing(gateway: Gateway, ana: Citizen) -> None:
    path = await wanted(gateway, ana)
    browser = Browser(gateway, ana.cookie)
    form = browser.form(await browser.follow(PLACE), "fetch")[1]
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = now() - interval '6 minutes' WHERE account_id = $1",
        ana.account,
    )

    async with gateway.unchanged():
        answers = [
            await browser.send("GET", PLACE),
            await browser.send("POST", PLACE, form),
            await browser.send("POST", path, form),
        ]
        forged = await browser.send("POST", path, {})
    assert {one.headers["location"] for one in answers} == {"/login/confirm?next=data/export"}
    assert forged.status_code == 403


async def test_one_is_made_at_a_time(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    form = browser.form(await browser.follow(PLACE), "make")[1]
    pairs = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    answers = await asyncio.gather(
        *(gateway.post(PLACE, form, headers={"cookie": pairs}, node=n % 2) for n in range(50))
    )

    assert {one.status_code for one in answers} <= {303, 429}
    assert (await state(gateway, ana))["state"] == "queued"
    waiting = await browser.follow(PLACE)
    assert f"0 of {len(PARTS)} parts are there." in waiting.text
    await made(gateway, ana)
    told = [name for name, _ in await letters.queued(gateway, ana.email)]
    assert told.count("export-ready") == 1


async def test_ten_a_day_are_enough(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    for _ in range(10):
        await browser.fill(await browser.follow(PLACE), "make")
        await gateway.rows("DELETE FROM idp.exports WHERE account_id = $1", ana.account)
    refused = await browser.fill(await browser.follow(PLACE), "make")

    assert refused.status_code == 429


async def test_a_newer_one_takes_the_place_of_the_one_before(
    gateway: Gateway, ana: Citizen
) -> None:
    first = await wanted(gateway, ana)
    second = await wanted(gateway, ana)
    browser = Browser(gateway, ana.cookie)
    form = browser.form(await browser.follow(PLACE), "fetch")[1]

    assert first != second
    assert (await browser.send("POST", first, form)).status_code == 410
    assert (await browser.send("POST", second, form)).status_code == 200


async def test_after_a_day_it_is_gone(gateway: Gateway, ana: Citizen) -> None:
    path = await wanted(gateway, ana)
    row = await state(gateway, ana)
    assert row["expires_at"] - row["ready_at"] == LIVES == timedelta(hours=24)
    browser = Browser(gateway, ana.cookie)
    form = browser.form(await browser.follow(PLACE), "fetch")[1]
    await gateway.rows(
        "UPDATE idp.exports SET expires_at = now() WHERE account_id = $1", ana.account
    )

    assert (await browser.send("POST", path, form)).status_code == 410
    async with gateway.runtime.entry() as entry:
        assert await exports.purge(entry) >= 1
    assert 'id="make"' in (await browser.follow(PLACE)).text


async def test_one_that_can_t_be_made_is_given_up(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    await browser.fill(await browser.follow(PLACE), "make")
    await gateway.rows(
        "UPDATE idp.exports SET tries = $2 WHERE account_id = $1", ana.account, MOST_TRIES
    )
    await making.make(gateway.runtime)

    page = await browser.follow(PLACE)
    assert "The file could not be made." in page.text
    assert 'id="make"' in page.text


async def test_a_worker_that_dies_is_followed_by_another(gateway: Gateway) -> None:
    people = [await gateway.citizen("basic") for _ in range(4)]
    for one in people:
        browser = Browser(gateway, one.cookie)
        await browser.fill(await browser.follow(PLACE), "make")
    accounts = [one.account for one in people]
    done = (
        "SELECT count(*) FILTER (WHERE done > 0) AS begun, count(*) FILTER (WHERE state ="
        " 'ready') AS ready FROM idp.exports WHERE account_id = ANY($1)"
    )

    for enough in (("begun", 1), ("begun", 2), ("ready", 2), ("ready", 4)):
        async with running(gateway, "-c", MAKES) as process:
            assert process.stdout
            await process.stdout.readline()
            async with asyncio.timeout(60):
                while (await gateway.rows(done, accounts))[0][enough[0]] < enough[1]:
                    pass
        # What a dead worker had is its own for some minutes, which nobody waits here.
        await gateway.rows("UPDATE idp.exports SET due_at = now() WHERE state = 'queued'")

    for one in people:
        answer = await Browser(gateway, one.cookie).follow(PLACE)
        assert "Your file is ready." in answer.text
        told = [name for name, _ in await letters.queued(gateway, one.email)]
        assert told.count("export-ready") == 1


def _checked(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the program that is in the file, on what is in the file, and nothing of ours."""
    command = [sys.executable, "-I", "verify_ledger.py", "ledger.json", "--keys", "keys.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
