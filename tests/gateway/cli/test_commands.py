"""The command line: what it does, what it says, and the code it leaves.

0 done, 1 failed, 2 wrong use, 3 not found, 4 changed meanwhile, 6 invalid, 7 unreachable.
"""

import asyncio
import json
import re
import stat
from itertools import pairwise
from pathlib import Path

import asyncpg
import pytest
import yaml

from gateway import migrations, settings
from gateway.cli import house
from idp import accounts
from tests.gateway.cli.conftest import Command
from tests.support.services import document

AGENCY = """
apiVersion: gatehouse/v1
kind: Agency
metadata: {id: %s}
spec: {name: {en: %s}, contact: help@example.test}
"""


@pytest.fixture
def service(gatehouse: Command, tmp_path: Path) -> str:
    """A live service with a secret; its id."""
    client_id = tmp_path.name.replace("_", "-").lower()[-40:].strip("-")
    made = document(client_id, "harbour")
    (tmp_path / "both.yaml").write_text(
        yaml.safe_dump(made) + "---" + AGENCY % ("harbour", "Harbour")
    )
    applied = gatehouse("apply", "-f", "both.yaml")
    assert applied.code == 0, applied.err
    assert "client_secret: " in applied.out
    return client_id


def sql(database: str, text: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    asyncio.run(run())


def test_init_makes_a_key_that_is_closed_to_others_and_once(
    gatehouse: Command, tmp_path: Path
) -> None:
    """KE-01."""
    made, again = gatehouse("init"), gatehouse("init")

    key = tmp_path / ".gatehouse" / "master.key"
    assert (made.code, again.code) == (0, 0)
    assert "GATEHOUSE_MASTER_KEY_FILE" in made.out
    assert "nothing was changed" in again.out
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_migrate_brings_an_empty_database_to_this_version(
    gatehouse: Command, environment: dict[str, str]
) -> None:
    url = environment["GATEHOUSE_DATABASE_URL"]
    sql(url, "DROP DATABASE IF EXISTS gatehouse_cli_empty WITH (FORCE)")
    sql(url, "CREATE DATABASE gatehouse_cli_empty")
    empty = {"GATEHOUSE_DATABASE_URL": url.rsplit("/", 1)[0] + "/gatehouse_cli_empty"}

    before = gatehouse("keys", "list", **empty)
    # What the driver knows and SQLAlchemy does not must reach the driver.
    spelt = {"GATEHOUSE_DATABASE_URL": empty["GATEHOUSE_DATABASE_URL"] + "?sslmode=disable"}
    done, again = gatehouse("migrate", **spelt), gatehouse("migrate", **spelt)

    assert before.code == 6
    assert "try: gatehouse migrate" in before.err
    assert (done.code, again.code) == (0, 0)
    assert migrations.newest() in done.out
    assert gatehouse("keys", "list", **empty).code == 0
    sql(url, "DROP DATABASE gatehouse_cli_empty WITH (FORCE)")


def test_ad_16_nobody_is_in_a_new_house(gatehouse: Command, environment: dict[str, str]) -> None:
    """ASVS 6.3.2: no account, service or agency of the factory; the first one is invited."""
    url = environment["GATEHOUSE_DATABASE_URL"]
    sql(url, "DROP DATABASE IF EXISTS gatehouse_cli_new WITH (FORCE)")
    sql(url, "CREATE DATABASE gatehouse_cli_new")
    new = {"GATEHOUSE_DATABASE_URL": url.rsplit("/", 1)[0] + "/gatehouse_cli_new"}
    assert gatehouse("migrate", **new).code == 0

    found = [gatehouse(what, "list", "--json", **new).out for what in ("admin", "agency", "rp")]
    invited = gatehouse("admin", "invite", "first@example.test", "--role", "registrar", **new)
    listed = json.loads(gatehouse("admin", "list", "--json", **new).out)
    sql(url, "DROP DATABASE gatehouse_cli_new WITH (FORCE)")

    assert [json.loads(one) for one in found] == [[], [], []]
    assert "/admin/invite/" in invited.out
    assert listed == [{"email": "(invited)", "roles": "registrar", "status": "open"}]


def test_ad_22_what_is_shown_can_be_applied_and_holds_no_secret(
    gatehouse: Command, service: str, tmp_path: Path
) -> None:
    secret = gatehouse("rp", "secret", service).out.strip()
    shown = gatehouse("rp", "show", service).out
    (tmp_path / "again.yaml").write_text(shown)

    again = gatehouse("apply", "-f", "again.yaml")

    assert len(secret) == 43
    assert secret not in shown
    assert "PRIVATE" not in shown
    assert (again.code, again.out) == (0, f"Service {service}: unchanged\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('a: !!python/object/apply:os.mkdir ["pwned"]\n', id="AD-22-an-object"),
        pytest.param(
            "a: &a [x, x]\n"
            + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in pairwise("abcdefghijklm"))
            + "kind: Service\nmetadata: {id: *m}\nspec: *m\n",
            id="AD-22-entities-of-entities",
        ),
        pytest.param("kind: Service\nspec: &a [*a]\n", id="AD-22-a-part-of-itself"),
    ],
)
def test_a_document_that_does_more_than_say_is_refused(
    gatehouse: Command, tmp_path: Path, text: str
) -> None:
    (tmp_path / "odd.yaml").write_text(text)

    refused = gatehouse("apply", "-f", "odd.yaml")

    assert refused.code == 6, refused.err
    assert len(refused.err) < 4000
    assert not (tmp_path / "pwned").exists()


def test_a_document_may_repeat_its_parts_by_name(
    gatehouse: Command, service: str, tmp_path: Path
) -> None:
    """As programs that write YAML do."""
    (tmp_path / "plain.yaml").write_text(plain := gatehouse("rp", "show", service).out)
    asked = yaml.safe_load(plain)
    why = asked["spec"]["purposes"][0]["claims"][0]["why"]
    asked["spec"]["purposes"][0]["claims"][1]["why"] = why
    (tmp_path / "named.yaml").write_text(named := yaml.safe_dump(asked))

    assert "*id001" in named
    assert gatehouse("apply", "-f", "named.yaml").code == 0


def test_keys_are_listed_rotated_and_replaced(gatehouse: Command) -> None:
    listed = json.loads(gatehouse("keys", "list", "--json").out)
    told = gatehouse("keys", "list")
    old = next(one["kid"] for one in listed if (one["purpose"], one["alg"]) == ("event", "ES256"))

    rotated = gatehouse("keys", "rotate")
    replaced = gatehouse("keys", "emergency", "--purpose", "event", "--alg", "ES256", "--yes")
    wrong = gatehouse("keys", "emergency", "--purpose", "event", "--alg", "EdDSA", "--yes")

    assert {one["state"] for one in listed} == {"active"}
    assert old in told.out
    assert rotated == (0, "nothing is due\n", "")
    assert replaced.code == 0
    assert old not in gatehouse("keys", "list").out
    assert replaced.out.split()[-1] in gatehouse("keys", "export-jwks").out
    assert wrong.code == 2


def test_an_agency_s_services_are_invited(gatehouse: Command, service: str) -> None:
    """AD-07: the token is shown once, and the journal says who may come until when."""
    invited = gatehouse("rp", "invite", "harbour", "--uses", "3", "--days", "2")
    found = gatehouse("audit", "search", "--object", "agency:harbour", "--json").out

    assert invited.code == 0
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", invited.out)
    assert invited.out.strip() not in found
    assert "RegistrationInvited" in {one["kind"] for one in json.loads(found)}
    assert gatehouse("rp", "invite", "harbour", "--uses", "0").code == 2
    assert gatehouse("rp", "invite", "harbour", "--days", "91").code == 2


def test_the_journal_is_searched_and_checked(gatehouse: Command, service: str) -> None:
    found = json.loads(gatehouse("audit", "search", "--object", f"client:{service}", "--json").out)
    few = gatehouse("audit", "search", "--limit", "1")
    none = gatehouse("audit", "search", "--kind", "Nothing")
    verified = gatehouse("audit", "verify")

    assert "ServiceApproved" in {one["kind"] for one in found}
    assert len(few.out.splitlines()) == 2
    assert none == (0, "nothing\n", "")
    assert verified.code == 0
    assert verified.out.startswith("✔")


def test_a_journal_that_was_altered_fails(
    gatehouse: Command, environment: dict[str, str], service: str
) -> None:
    """Run it from a clock: its code is what counts."""
    url = environment["GATEHOUSE_DATABASE_URL"]
    for _ in range(2):
        chained = gatehouse_chains(environment)
    assert chained >= 0
    off, on = "SET session_replication_role = replica;", "SET session_replication_role = origin;"
    sql(url, f"{off} UPDATE keys.journal SET actor = 'nobody' WHERE seq = 1; {on}")

    broken = gatehouse("audit", "verify")
    sql(url, f"{off} TRUNCATE keys.journal, keys.journal_batches, keys.cursors; {on}")

    assert broken.code == 1
    assert "is not what was chained" in broken.err


def gatehouse_chains(environment: dict[str, str]) -> int:
    """Do the worker's duty once."""
    from gateway import settings, worker  # noqa: PLC0415 - as the worker's process does
    from gateway.cli import house  # noqa: PLC0415

    async def run() -> int:
        async with house.opened(settings.read(environment)) as runtime:
            return await worker.chain_journal(runtime)

    return asyncio.run(run())


def test_a_service_is_stopped_started_and_ended(gatehouse: Command, service: str) -> None:
    def status() -> str:
        rows = json.loads(gatehouse("rp", "list", "--json").out)
        return next(str(one["status"]) for one in rows if one["id"] == service)

    assert yaml.safe_load(gatehouse("rp", "show", service).out)["metadata"]["id"] == service
    assert gatehouse("rp", "suspend", service, "--reason", "It leaks").code == 0
    assert status() == "suspended"
    assert gatehouse("rp", "suspend", service, "--reason", "It leaks").code == 4
    assert gatehouse("rp", "resume", service).code == 0
    assert status() == "live"
    assert gatehouse("rp", "events", service, "--send-again").code == 0
    assert gatehouse("rp", "events", "nobody").code == 3
    secret = gatehouse("rp", "secret", service)
    assert (secret.code, len(secret.out.strip())) == (0, 43)
    assert gatehouse("rp", "retire", service, "--yes").code == 0
    assert status() == "retired"
    assert gatehouse("rp", "resume", service).code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("rp", "show", "nothing"),
        ("rp", "secret", "nothing"),
        ("rp", "invite", "nothing"),
        ("rp", "suspend", "nothing", "--reason", "Why"),
        ("rp", "resume", "nothing"),
        ("rp", "retire", "nothing", "--yes"),
        ("agency", "show", "nothing"),
        ("agency", "change", "nothing", "--contact", "x@example.test"),
        ("member", "list", "nothing"),
        ("member", "add", "nothing", "x@example.test", "--role", "viewer"),
        ("member", "remove", "nothing", "x@example.test"),
        ("admin", "remove", "nobody@example.test"),
    ],
    ids=" ".join,
)
def test_a_name_that_nobody_has_is_not_found(
    gatehouse: Command, arguments: tuple[str, ...]
) -> None:
    ran = gatehouse(*arguments)

    assert ran.code == 3, ran
    assert ran.err.startswith("error: ")


def test_agencies_are_made_changed_and_shown(gatehouse: Command, tmp_path: Path) -> None:
    made = gatehouse("agency", "create", "parks", "--name", "en=Parks", "--contact", "1234567")
    twice = gatehouse("agency", "create", "parks", "--name", "en=Parks")
    wrong = gatehouse("agency", "create", "Parks!", "--name", "en=Parks")
    nameless = gatehouse("agency", "create", "lakes", "--name", "Lakes")
    changed = gatehouse("agency", "change", "parks", "--name", "fr=Parcs")
    shown = gatehouse("agency", "show", "parks")
    (tmp_path / "parks.yaml").write_text(shown.out)

    assert [one.code for one in (made, twice, wrong, nameless, changed)] == [0, 4, 6, 2, 0]
    assert yaml.safe_load(shown.out)["spec"] == {
        "name": {"en": "Parks", "fr": "Parcs"},
        "contact": "1234567",
    }
    assert gatehouse("apply", "-f", "parks.yaml").out == "Agency parks: unchanged\n"
    listed = json.loads(gatehouse("agency", "list", "--json").out)
    assert {"id": "parks", "name": "Parks", "contact": "1234567"} in listed


def test_members_come_and_go(gatehouse: Command) -> None:
    gatehouse("agency", "create", "museum", "--name", "en=Museum")
    added = gatehouse("member", "add", "museum", "guide@example.test", "--role", "engineer")
    listed = json.loads(gatehouse("member", "list", "museum", "--json").out)
    removed = gatehouse("member", "remove", "museum", "guide@example.test")
    again = gatehouse("member", "remove", "museum", "guide@example.test")

    assert "/admin/invite/" in added.out
    assert [one["role"] for one in listed] == ["engineer"]
    assert (removed.code, again.code) == (0, 3)
    assert gatehouse("member", "add", "museum", "no address", "--role", "owner").code == 2
    assert gatehouse("member", "add", "museum", "a@example.test", "--role", "king").code == 2


def test_administrators_are_invited_listed_and_removed(gatehouse: Command) -> None:
    invited = gatehouse("admin", "invite", "ruth@example.test", "--role", "auditor")
    listed = json.loads(gatehouse("admin", "list", "--json").out)
    removed = gatehouse("admin", "remove", "ruth@example.test")

    assert invited.code == removed.code == 0
    assert "/admin/invite/" in invited.out
    assert {"email": "(invited)", "roles": "auditor", "status": "open"} in listed
    assert "auditor" not in gatehouse("admin", "list").out
    assert gatehouse("admin", "invite", "no address", "--role", "auditor").code == 2
    assert gatehouse("admin", "invite", "ruth@example.test").code == 2


async def someone(environment: dict[str, str], email: str) -> None:
    async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
        await accounts.open_account(entry, runtime.vault, email=email)


def test_an_account_is_locked_and_opened_again(
    gatehouse: Command, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEHOUSE_MASTER_KEY_FILE", environment["GATEHOUSE_MASTER_KEY_FILE"])
    asyncio.run(someone(environment, "ida@example.test"))

    locked = gatehouse("account", "lock", "Ida@example.test", "--reason", "misused")
    again = gatehouse("account", "lock", "ida@example.test", "--reason", "deceased")
    opened = gatehouse("account", "unlock", "ida@example.test")
    twice = gatehouse("account", "unlock", "ida@example.test")
    found = json.loads(gatehouse("audit", "search", "--actor", "operator", "--json").out)

    assert [each.code for each in (locked, again, opened, twice)] == [0, 4, 0, 4]
    assert again.err == "error: ida@example.test is not open\n"
    assert twice.err == "error: ida@example.test is not locked\n"
    told = [one["kind"] for one in found if one["kind"].startswith("Account")]
    assert told == ["AccountUnlocked", "AccountLocked"]
    assert gatehouse("account", "lock", "nobody@example.test", "--reason", "misused").code == 3
    assert gatehouse("account", "unlock", "nobody@example.test").code == 3
    assert gatehouse("account", "lock", "ida@example.test", "--reason", "fun").code == 2
    assert gatehouse("account", "lock", "no address", "--reason", "misused").code == 2


ADMINISTRATOR = """
apiVersion: gatehouse/v1
kind: Administrator
metadata: {email: %s}
spec: {roles: [%s]}
"""


def test_administrators_come_from_yaml_too(gatehouse: Command, tmp_path: Path) -> None:
    path, email = tmp_path / "people.yaml", "zoe@example.test"
    path.write_text(ADMINISTRATOR % (email, "registrar, auditor"))

    first, second = gatehouse("apply", "-f", str(path)), gatehouse("apply", "-f", str(path))
    path.write_text(ADMINISTRATOR % (email, "security"))
    dry = gatehouse("apply", "--dry-run", "-f", str(path))
    third = gatehouse("apply", "-f", str(path))

    assert first.out == f"Administrator {email}: created\n"
    assert "/admin/invite/" not in first.out + first.err
    assert second.out == f"Administrator {email}: unchanged\n"
    assert "-  - registrar" in dry.out
    assert "+  - security" in dry.out
    assert third.out == f"Administrator {email}: changed\n"
    roles = [one["roles"] for one in json.loads(gatehouse("admin", "list", "--json").out)]
    assert "security" in roles
    path.write_text(ADMINISTRATOR % (email, ""))
    assert gatehouse("apply", "-f", str(path)).code == 0


@pytest.mark.parametrize(
    "text",
    [
        ADMINISTRATOR % ("zoe@example.test", "king"),
        ADMINISTRATOR.replace("email", "mail") % ("zoe@example.test", "auditor"),
        "kind: Administrator\nmetadata: 7\n",
        "kind: Agency\nmetadata: []\n",
        "kind: KeyPolicy\nmetadata: {id: x}\nspec: {}\n",
        "just words",
        "a: [",
        "a: \x01",
    ],
)
def test_what_is_not_right_changes_nothing(gatehouse: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(AGENCY % ("never", "Never"))
    (tmp_path / "b.yaml").write_text(text)

    ran = gatehouse("apply", "-f", str(tmp_path))

    assert ran.code == 6, ran
    assert gatehouse("agency", "show", "never").code == 3


def test_a_dry_run_shows_the_difference_and_makes_none(
    gatehouse: Command, tmp_path: Path, service: str
) -> None:
    spec = document(service, "harbour", contact="new@harbour.example")
    (tmp_path / "new.yaml").write_text(AGENCY % ("canal", "Canal") + "---\n" + yaml.safe_dump(spec))

    dry = gatehouse("apply", "--dry-run", "-f", "new.yaml")
    again = gatehouse("apply", "--dry-run", "-f", "new.yaml")

    assert dry == again
    assert dry.code == 0
    assert "Agency canal: would be created" in dry.out
    assert f"Service {service}: would change" in dry.out
    assert "+  contact: new@harbour.example" in dry.out
    assert gatehouse("agency", "show", "canal").code == 3
    assert "new@harbour" not in gatehouse("rp", "show", service).out


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GATEHOUSE_ENVIRONMENT", "prod", "GATEHOUSE_ENVIRONMENT is one of"),
        ("GATEHOUSE_WORKER", "2", "Did you mean GATEHOUSE_WORKERS?"),
        ("GATEHOUSE_DATABASE_URL", "", "GATEHOUSE_DATABASE_URL is missing"),
        ("GATEHOUSE_MASTER_KEY_FILE", "/nowhere/master.key", "does not exist"),
        ("GATEHOUSE_MASTER_KEY", "AAAA", "holds 3 bytes"),
    ],
)
def test_broken_settings_are_told_in_three_lines(
    gatehouse: Command, name: str, value: str, says: str
) -> None:
    ran = gatehouse("keys", "list", **{name: value})

    assert ran.code == 6, ran
    assert says in ran.err
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["error", "because", "try"]


@pytest.mark.parametrize("command", [("migrate",), ("keys", "list"), ("rp", "list")])
def test_a_database_that_is_away_is_told_in_three_lines(
    gatehouse: Command, command: tuple[str, ...]
) -> None:
    away = {"GATEHOUSE_DATABASE_URL": "postgresql://postgres@127.0.0.1:1/gatehouse"}

    ran = gatehouse(*command, **away)

    assert ran.code == 7, ran
    assert "try: gatehouse check" in ran.err


def test_a_word_that_is_no_command_is_wrong_use(gatehouse: Command) -> None:
    assert gatehouse("frobnicate").code == 2
    assert gatehouse("rp", "suspend", "x").code == 2
    assert gatehouse("--help").code == 0
