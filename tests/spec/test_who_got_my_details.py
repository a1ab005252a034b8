"""Who got my details: N5, N6 as a citizen and an outsider see them; LG-04, CO-11, §2.1 of security.

Lines are read by the citizen alone, proved without us, and missed when they are touched.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import ledger_verifier, worker
from gateway.oauth import locking
from keys import merkle
from relying_parties import ledger_audit
from tests.support import services
from tests.support.browser import Browser
from tests.support.gateway import ROOT, Citizen, Gateway

pytestmark = pytest.mark.xdist_group("gateway")


COPY = """
    UPDATE relying_parties.releases r SET (subject, sealed, commitment) =
    (SELECT subject, sealed, commitment FROM relying_parties.releases o WHERE o.id = $2)
    WHERE id = $1
"""


async def share(gateway: Gateway, someone: Citizen, **over: Any) -> dict[str, Any]:
    """Let a service get what it asks for."""
    told = await services.tokens(gateway, someone, **over)
    headers = {"authorization": f"Bearer {told['access_token']}"}
    shared: dict[str, Any] = (await gateway.get("/userinfo", headers=headers)).json()
    return shared


async def sealed(gateway: Gateway) -> None:
    """Let the worker seal everything."""
    async with asyncio.timeout(60):
        while (await report(gateway)).waiting:
            await worker.grow_ledger(gateway.runtime)


async def report(gateway: Gateway, *published: str) -> ledger_audit.Report:
    async with gateway.runtime.entry() as entry:
        return await ledger_audit.verify(entry, gateway.issuer, published)


async def page(gateway: Gateway, someone: Citizen, path: str = "/account/ledger") -> str:
    return (await Browser(gateway, someone.cookie).follow(path)).text


async def download(gateway: Gateway, someone: Citizen, query: str = "") -> dict[str, Any]:
    answer = await gateway.get(f"/account/ledger/download{query}", headers=someone.headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    made: dict[str, Any] = answer.json()
    return made


async def files(gateway: Gateway, folder: Path, made: dict[str, Any]) -> list[str]:
    """Write what a citizen has on disk; return the program's arguments."""
    (folder / "ledger.json").write_text(json.dumps(made))
    (folder / "keys.json").write_text((await gateway.get("/transparency/keys")).text)
    return [str(folder / "ledger.json"), "--keys", str(folder / "keys.json")]


async def numbers(gateway: Gateway, someone: Citizen) -> list[int]:
    """Return the ids of a citizen's lines, as their pages link to them, the newest first."""
    shown = await page(gateway, someone, "/account/ledger?all=1")
    return [int(each) for each in re.findall(r'href="/account/ledger/(\d+)"', shown)]


async def test_nothing_shared_is_said_as_such(gateway: Gateway) -> None:
    shown = await page(gateway, await gateway.citizen())

    assert "No service has got any of your details yet." in shown
    assert "Download with proofs" not in shown


async def test_a_line_says_who_what_why_when_and_on_what_ground(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    await share(gateway, someone)

    shown = await page(gateway, someone)
    assert "Will be sealed within a minute" in shown
    assert "Full name" in shown
    await sealed(gateway)
    assert "Sealed" in await page(gateway, someone)
    [number] = await numbers(gateway, someone)
    line = await page(gateway, someone, f"/account/ledger/{number}")
    for part in ("Full name", "You agreed on", "Who got it", "Why", "under what we signed on"):
        assert part in line


async def test_lines_are_chosen_by_service_detail_and_day(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic", "bound")
    await share(gateway, someone)
    await share(gateway, someone, scope="openid email")
    waiting = (await download(gateway, someone))["waiting"]
    both = sum('"email"' in one["line"] for one in waiting)

    for query, expected in (
        ("", 2), ("?service=basic", 2), ("?service=bound", 0), ("?detail=name", 1),
        ("?detail=email", both), ("?since=2000-01-01", 2), ("?until=2000-01-01", 0),
        ("?since=nonsense&page=99", 2), ("?service=basic&detail=email&since=2000-01-01", both),
    ):  # fmt: skip
        shown = await page(gateway, someone, f"/account/ledger{query}")
        assert shown.count("See this line and its proof") == expected, query
    assert "No line fits what you chose." in await page(
        gateway, someone, "/account/ledger?service=bound"
    )


async def test_many_lines_come_in_pages_and_all_at_once_to_print(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    told = await services.tokens(gateway, someone)
    headers = {"authorization": f"Bearer {told['access_token']}"}
    for _ in range(27):
        await gateway.get("/userinfo", headers=headers)

    first, second = (
        await page(gateway, someone),
        await page(gateway, someone, "/account/ledger?page=2"),
    )
    assert first.count("See this line and its proof") == 25
    assert second.count("See this line and its proof") == 2
    assert len(await numbers(gateway, someone)) == 27


async def test_only_the_citizen_reads_a_line(gateway: Gateway) -> None:
    """N6: not another citizen, not somebody who is not signed in; no address tells it is there."""
    someone, other = await gateway.citizen("basic"), await gateway.citizen("basic")
    await share(gateway, someone)
    [number] = await numbers(gateway, someone)

    for path in (f"/account/ledger/{number}", f"/account/ledger/download?line={number}"):
        theirs = await gateway.get(path, headers=other.headers)
        nobody = await gateway.get(path)
        nothing = await gateway.get(path.replace(str(number), "99999999"), headers=other.headers)
        assert theirs.status_code == nothing.status_code == 404
        asked = f"/account/ledger/{number}", "/account/ledger/99999999"
        assert theirs.text.replace(asked[0], "") == nothing.text.replace(asked[1], "")
        assert nobody.status_code == 303
    assert not await numbers(gateway, other)


async def test_a_dump_shows_no_pair_of_person_and_service(gateway: Gateway) -> None:
    """N6, CO-11: neither a line's words nor the account stand anywhere near it."""
    someone = await gateway.citizen("basic")
    shared = await share(gateway, someone)
    await sealed(gateway)
    made = await download(gateway, someone)
    line = json.loads(made["lines"][0]["line"])

    rows = await gateway.rows(
        "SELECT t::text AS line FROM relying_parties.releases t WHERE subject = $1", shared["sub"]
    )
    journal = await gateway.rows(
        "SELECT j::text AS line FROM keys.journal j WHERE kind = 'ClaimsReleased'"
    )

    assert line["service"] == "basic"
    for told in rows:
        assert "basic" not in told["line"]
        assert str(someone.account) not in told["line"]
    for told in journal:
        assert shared["sub"] not in told["line"]
        assert str(someone.account) not in told["line"]
        assert '"name"' not in told["line"]


async def test_no_value_is_anywhere_in_the_ledger(gateway: Gateway) -> None:
    """LG-02, claims.md rule 5: names of details, never what they are."""
    someone = await gateway.citizen("basic")
    shared = await share(gateway, someone)
    await sealed(gateway)

    told = json.dumps(await download(gateway, someone)) + await page(gateway, someone)
    assert " Number " in shared["name"]
    assert shared["name"] not in told
    assert shared["sub"] not in told


async def test_every_answer_has_its_line_and_its_leaf(gateway: Gateway) -> None:
    """I1, I5: of fifty answers at once on two nodes, fifty lines; none lost, none twice."""
    someone = await gateway.citizen("basic")
    told = await services.tokens(gateway, someone)
    headers = {"authorization": f"Bearer {told['access_token']}"}
    answers = await asyncio.gather(
        *(gateway.get("/userinfo", headers=headers, node=one % 2) for one in range(50))
    )
    await sealed(gateway)

    made = await download(gateway, someone)
    assert {answer.status_code for answer in answers} == {200}
    assert len(made["lines"]) == len({one["place"] for one in made["lines"]}) == 50
    assert len({one["salt"] for one in made["lines"]}) == 50
    journalled = await gateway.rows(
        "SELECT object FROM keys.journal WHERE kind = 'ClaimsReleased' AND object = ANY($1)",
        [f"release:{number}" for number in await numbers(gateway, someone)],
    )
    assert len(journalled) == 50


async def test_what_was_refused_is_in_no_line(gateway: Gateway) -> None:
    """CO-07: and a read that gives nothing away leaves none."""
    someone = await gateway.citizen("basic")
    shared = await share(gateway, someone, scope="openid email")
    refused = await gateway.get("/userinfo", headers={"authorization": "Bearer nothing"})

    [one] = (await download(gateway, someone))["waiting"]
    line = json.loads(one["line"])
    assert refused.status_code == 401
    assert "name" not in shared
    assert "name" not in line["claims"]
    assert "email" in line["claims"]


async def test_lines_of_two_citizens_never_mix(gateway: Gateway) -> None:
    """I7: each sees their own, though one service read both in one batch."""
    first, second = [await gateway.citizen("basic") for _ in range(2)]
    await asyncio.gather(*(share(gateway, one) for one in (first, second, second)))

    assert [len(await numbers(gateway, one)) for one in (first, second)] == [1, 2]


async def test_a_download_is_verified_without_us(gateway: Gateway, tmp_path: Path) -> None:
    """N5: the program as it is served, in a process of its own, with files and nothing else."""
    someone = await gateway.citizen("basic")
    await share(gateway, someone)
    await sealed(gateway)
    await share(gateway, someone)
    arguments = await files(gateway, tmp_path, await download(gateway, someone))
    served = await gateway.get("/transparency/verify_ledger.py")
    program = tmp_path / "verify_ledger.py"
    program.write_text(served.text)

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-I", str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 lines are in the tree" in done.stdout
    assert "1 were too new" in done.stdout


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another detail": lambda one: one.update(line=one["line"].replace('"name"', '"email"')),
    "a space": lambda one: one.update(line=one["line"] + " "),
    "another salt": lambda one: one.update(salt="A" * 43),
    "another row": lambda one: one.update(stored="A" * 43),
    "another place": lambda one: one.update(place=one["place"] + 1),
    "no place there is": lambda one: one.update(place=-1),
    "no place": lambda one: one.update(place=None),
    "a hash too few": lambda one: one.update(proof=one["proof"][:-1]),
    "a hash too many": lambda one: one.update(proof=[*one["proof"], "A" * 43]),
    "another hash": lambda one: one.update(proof=["A" * 43, *one["proof"][1:]]),
    "no hash": lambda one: one.update(proof=["&"]),
    "no line": lambda one: one.pop("line"),
    "no salt": lambda one: one.pop("salt"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_line_that_was_altered_does_not_verify(
    gateway: Gateway, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        someone = await gateway.citizen("basic")
        await share(gateway, someone)
    await sealed(gateway)
    made = await download(gateway, someone)
    assert ledger_verifier.main(await files(gateway, tmp_path, made)) == 0

    CHANGES[change](made["lines"][0])

    assert ledger_verifier.main(await files(gateway, tmp_path, made)) == 1
    assert "line 1" in capsys.readouterr().out


async def test_a_checkpoint_that_we_did_not_sign_does_not_verify(
    gateway: Gateway, tmp_path: Path
) -> None:
    someone = await gateway.citizen("basic")
    await share(gateway, someone)
    await sealed(gateway)
    made = await download(gateway, someone)
    told = {"iss": gateway.issuer, "iat": 1, "size": 1, "root": "A" * 43}
    as_event = gateway.sign_id_token(told, purpose="event", typ="transparency-checkpoint+jwt")
    as_token = gateway.sign_id_token(told, purpose="checkpoint")

    for signed in (as_event, as_token, made["checkpoint"][:-6] + "AAAAAA", "x", "a.b.c", None):
        arguments = await files(gateway, tmp_path, {**made, "checkpoint": signed})
        assert ledger_verifier.main(arguments) == 1
    for broken in ("[]", "{}", "nonsense", json.dumps({"format": "other"})):
        (tmp_path / "ledger.json").write_text(broken)
        assert ledger_verifier.main(arguments) == 2


async def test_a_kept_checkpoint_shows_that_the_tree_only_grew(
    gateway: Gateway, tmp_path: Path
) -> None:
    """RFC 9162 §2.1.4, from the public addresses alone."""
    someone = await gateway.citizen("basic")
    await share(gateway, someone)
    await sealed(gateway)
    kept = tmp_path / "kept.txt"
    kept.write_text((await gateway.get("/transparency/checkpoint")).text)
    await share(gateway, someone)
    await sealed(gateway)
    made = await download(gateway, someone)
    first, second = (
        ledger_verifier.checkpoint(one, made["keys"])["size"]
        for one in (kept.read_text(), made["checkpoint"])
    )
    proof = await gateway.get(f"/transparency/consistency?first={first}&second={second}")
    (tmp_path / "c.json").write_text(proof.text)
    arguments = [*await files(gateway, tmp_path, made), "--checkpoint", str(kept)]
    whole = [*arguments, "--consistency", str(tmp_path / "c.json")]

    assert ledger_verifier.main(whole) == 0
    assert ledger_verifier.main(arguments) == 1  # it says which proof to ask for
    (tmp_path / "c.json").write_text(json.dumps({"proof": ["A" * 43] * len(proof.json()["proof"])}))
    assert ledger_verifier.main(whole) == 1
    kept.write_text(made["checkpoint"])
    assert ledger_verifier.main(arguments) == 0


async def test_a_row_that_is_touched_is_found_on_every_side(
    gateway: Gateway, tmp_path: Path
) -> None:
    """LG-04: the command names it and fails, the page says so, the download does not verify."""
    someone = await gateway.citizen("basic")
    for _ in range(2):
        await share(gateway, someone)
    await sealed(gateway)
    newer, older = await numbers(gateway, someone)
    assert (await audit(gateway)).returncode == 0
    whole = await gateway.rows("SELECT * FROM relying_parties.releases WHERE id = $1", newer)
    try:
        await touch(gateway, COPY, newer, older)

        failed = await audit(gateway)
        assert failed.returncode == 1
        assert f"line {newer}" in failed.stderr
        assert "Changed after it was sealed" in await page(gateway, someone)
        made = await download(gateway, someone)
        assert ledger_verifier.main(await files(gateway, tmp_path, made)) == 1

        await touch(gateway, f"UPDATE relying_parties.releases SET sealed = 'x' WHERE id = {newer}")
        assert "1 line cannot be read any more." in await page(gateway, someone)
        assert f"line {newer} was altered" in (await audit(gateway)).stderr
    finally:
        await touch(
            gateway,
            "UPDATE relying_parties.releases SET sealed = $1, commitment = $2, subject = $3"
            f" WHERE id = {newer}",
            whole[0]["sealed"], whole[0]["commitment"], whole[0]["subject"],
        )  # fmt: skip
    assert (await audit(gateway)).returncode == 0


async def test_a_list_of_damaged_lines_alone_is_not_called_empty(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    await share(gateway, someone)
    [number] = await numbers(gateway, someone)
    [whole] = await gateway.rows(
        "SELECT sealed FROM relying_parties.releases WHERE id = $1", number
    )
    change = "UPDATE relying_parties.releases SET sealed = $2 WHERE id = $1"
    await touch(gateway, change, number, whole["sealed"][:-1])

    shown = await page(gateway, someone)

    await touch(gateway, change, number, whole["sealed"])
    assert "1 line cannot be read any more." in shown
    assert "No service has got any of your details yet." not in shown


async def test_a_closed_account_leaves_a_tree_that_verifies(gateway: Gateway) -> None:
    """Crypto-erasure: with the key, the words are gone; the hashes stay, and hold."""
    someone = await gateway.citizen("basic")
    await share(gateway, someone)
    await sealed(gateway)
    async with gateway.runtime.entry() as entry:
        await locking.close(entry, gateway.runtime.vault, someone.account)

    sql = "SELECT account_id FROM idp.person_keys WHERE account_id = $1"
    assert not await gateway.rows(sql, someone.account)
    assert not (await report(gateway)).findings


async def test_checkpoints_are_public_and_cached(gateway: Gateway) -> None:
    await share(gateway, await gateway.citizen("basic"))
    await sealed(gateway)
    latest = await gateway.get("/transparency/checkpoint")
    again = await gateway.get(
        "/transparency/checkpoint", headers={"if-none-match": latest.headers["etag"]}
    )
    listed = (await gateway.get("/transparency/checkpoints")).json()["checkpoints"]
    keys = (await gateway.get("/transparency/keys")).json()["keys"]
    told = ledger_verifier.checkpoint(latest.text, keys)

    assert latest.headers["content-type"] == "application/transparency-checkpoint+jwt"
    assert latest.headers["cache-control"] == "public, max-age=5"
    assert latest.headers["access-control-allow-origin"] == "*"
    assert again.status_code == 304
    assert listed[0]["signed"] == latest.text
    assert (listed[0]["size"], listed[0]["root"]) == (told["size"], told["root"])
    assert told["iss"] == gateway.issuer
    # The key of now is where every relying party looks, too.
    assert {key["kid"] for key in keys} <= {
        key["kid"] for key in (await gateway.get("/jwks")).json()["keys"]
    }
    assert not (await report(gateway, *(one["signed"] for one in listed))).findings
    smaller = (await gateway.get(f"/transparency/checkpoints?before={told['size']}")).json()
    assert told["size"] not in {one["size"] for one in smaller["checkpoints"]}


async def test_consistency_is_proved_for_any_two_sizes(gateway: Gateway) -> None:
    """RFC 9162 §2.1.4: and kept by caches for ever, for it can never become another."""
    await share(gateway, await gateway.citizen("basic"))
    await sealed(gateway)
    await share(gateway, await gateway.citizen("basic"))
    await sealed(gateway)
    listed = (await gateway.get("/transparency/checkpoints")).json()["checkpoints"]
    heads = [
        merkle.Head(one["size"], ledger_verifier.decoded(one["root"]))
        for one in listed
        if one["size"]
    ]

    for first, second in zip(heads[1:6], heads[:5], strict=False):
        answer = await gateway.get(
            f"/transparency/consistency?first={first.size}&second={second.size}"
        )
        path = [ledger_verifier.decoded(each) for each in answer.json()["proof"]]
        assert merkle.consistent(first, second, path)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "query",
    [
        "", "?first=1", "?first=0&second=1", "?first=2&second=1", "?first=1&second=9999999",
        "?first=-1&second=1", "?first=1&second=x", "?first=1&first=1&second=1",
        "?first=1&second=99999999999999999999", "?first=¹&second=1",
    ],
)  # fmt: skip
async def test_what_never_was_is_refused(gateway: Gateway, query: str) -> None:
    answer = await gateway.get(f"/transparency/consistency{query}")

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request"}
    assert answer.headers["cache-control"] == "no-store"


async def test_what_a_service_gets_with_the_sign_in_is_a_line_too(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    claims = json.dumps({"id_token": {"name": None}})
    await services.tokens(gateway, someone, claims=claims)

    [number] = await numbers(gateway, someone)
    assert "With your sign-in" in await page(gateway, someone, f"/account/ledger/{number}")


async def audit(gateway: Gateway) -> subprocess.CompletedProcess[str]:
    """Run the operator's command."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "gateway.cli", "audit", "verify"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **gateway.environment},
    )


async def touch(gateway: Gateway, sql: str, *given: Any) -> None:
    """Do what only somebody with the keys of the house can."""
    async with gateway.runtime.pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(sql, *given)
