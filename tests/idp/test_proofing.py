"""Proving who someone is: found in the register, and written down for one account only."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from idp import accounts, attributes, tables
from idp.errors import AccountNotOpen
from idp.proofing import Outcome, evidence, journeys, sandbox
from idp.proofing.providers import PROVIDERS, Provider
from keys.entry import Entry, statement
from keys.errors import NotSealedHere
from keys.pool import Pool
from keys.vault import Vault
from tests.factories import values_of

PROOFINGS = statement(sa.select(tables.proofings))
EVIDENCE = statement(sa.select(tables.evidence))


def person(case: str) -> Mapping[str, Any]:
    return next(one for one in sandbox.register() if one["case"] == case)


def typed(case: str, **over: str) -> dict[str, str]:
    found = person(case)
    held = found["attributes"]
    name = held.get("family_name") or held["given_name"]
    usual = {"document_number": found["document_number"], "family_name": name}
    return usual | {"birthdate": held["birthdate"]} | over


FINDS: dict[str, Outcome] = {"sandbox": sandbox.known(person("stateless"))}


@pytest.mark.parametrize("case", ["stateless", "refugee", "one name only", "Greek letters"])
def test_whoever_the_register_knows_is_found(case: str) -> None:
    outcome = sandbox.verify(typed(case))

    assert (outcome.ial, outcome.reason) == (2, "")
    assert outcome.attributes == person(case)["attributes"]


def test_case_accents_and_spaces_make_no_difference() -> None:
    number = person("lives abroad")["document_number"].lower()
    spaced = f" {number[:3]} {number[3:]}"

    assert sandbox.verify(typed("lives abroad", document_number=spaced, family_name="MARTÍN")).ial


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"document_number": "XD0000000"}, "not_found"),
        ({"document_number": ""}, "not_found"),
        ({"family_name": "Other"}, "name_differs"),
        ({"family_name": ""}, "name_differs"),
        ({"birthdate": "1900-01-01"}, "birthdate_differs"),
    ],
)
def test_what_differs_is_refused(over: dict[str, str], reason: str) -> None:
    outcome = sandbox.verify(typed("stateless", **over))

    assert (outcome.ial, outcome.reason, outcome.attributes) == (0, reason, {})


def test_the_dead_are_not_proved() -> None:
    assert sandbox.verify(typed("deceased")).reason == "not_alive"


async def test_a_person_belongs_to_one_account(entry: Entry, vault: Vault) -> None:
    first = await accounts.open_account(entry, vault, email="ana@example.org")
    second = await accounts.open_account(entry, vault, email="eli@example.org")
    found = sandbox.known(person("stateless"))

    await journeys.complete(entry, vault, first.id, found)
    refused = await journeys.complete(entry, vault, second.id, found)
    again = await journeys.complete(entry, vault, first.id, found)

    assert (refused.ial, refused.reason, refused.attributes) == (0, "already_used", {})
    assert again.ial == 2
    assert "given_name" not in await values_of(entry, vault, second.id, ("given_name",))


async def test_an_account_belongs_to_one_person(entry: Entry, vault: Vault) -> None:
    """Whoever is proved stays that person, and nothing of another is written down."""
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    first, second = (sandbox.known(person(case)) for case in ("stateless", "refugee"))

    await journeys.complete(entry, vault, account.id, first)
    refused = await journeys.complete(entry, vault, account.id, second)

    assert (refused.ial, refused.reason, refused.attributes) == (0, "another_person", {})
    held = await values_of(entry, vault, account.id, ("birthdate",))
    assert held == {"birthdate": first.attributes["birthdate"]}
    assert await journeys.holder(entry, vault, second) is None


async def test_of_two_people_at_once_an_account_is_one(pool: Pool, vault: Vault) -> None:
    """In two windows, too."""
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    async with Entry(pool, moment) as entry:
        account = await accounts.open_account(entry, vault, email="ana@example.org")

    async def prove(case: str) -> int:
        async with Entry(pool, moment) as entry:
            found = sandbox.known(person(case))
            return (await journeys.complete(entry, vault, account.id, found)).ial

    proved = await asyncio.gather(*(prove(case) for case in ("stateless", "refugee") * 3))

    assert sorted(proved) == [0, 0, 0, 2, 2, 2]


async def test_everything_that_was_found_is_written_down_as_verified(
    entry: Entry, vault: Vault
) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    found = sandbox.known(person("stateless"))

    await journeys.complete(entry, vault, account.id, found)

    held = await attributes.read(entry, vault, account.id, found.attributes)
    assert {name: one.value for name, one in held.items()} == found.attributes
    assert {(one.verified, one.source) for one in held.values()} == {(True, sandbox.SOURCE)}


async def test_the_tables_show_neither_the_person_nor_the_document(
    entry: Entry, vault: Vault
) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    known = person("stateless")

    await journeys.complete(entry, vault, account.id, sandbox.known(known))

    rows = [*await entry.all(PROOFINGS), *await entry.all(EVIDENCE)]
    shown = str([dict(row) for row in rows])
    assert len(rows) == 1 + len(sandbox.known(known).evidence)
    assert known["document_number"] not in shown
    assert known["person"] not in shown


async def test_what_was_looked_at_is_gone_with_the_account(entry: Entry, vault: Vault) -> None:
    """Sealed under the citizen's own key, which closing destroys; no other key opens it."""
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    await journeys.complete(entry, vault, account.id, sandbox.known(person("stateless")))
    row = next(one for one in await entry.all(EVIDENCE) if one["kind"] == "document")
    place = ("idp.evidence", str(account.id), str(row["id"]))
    key = await attributes.data_key(entry, vault, account.id)

    shown = json.loads(key.open(row["sealed"], *place))
    with pytest.raises(NotSealedHere):
        vault.sealer.open(row["sealed"], *place)
    await accounts.close(entry, account.id)

    number = shown["document_details"]["document_number"]
    assert number == person("stateless")["document_number"]
    with pytest.raises(AccountNotOpen):
        await attributes.data_key(entry, vault, account.id)


async def test_what_the_register_says_of_its_time_is_kept(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    refugee = person("refugee")

    await journeys.complete(entry, vault, account.id, sandbox.known(refugee))

    held = await attributes.read(entry, vault, account.id, ("documents", "residence_status"))
    for claim, one in held.items():
        assert str(one.valid_until) == refugee["valid"][claim]["until"]
    assert held.keys() == {"documents", "residence_status"}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.name)
def test_what_a_provider_finds_is_what_its_row_says(provider: Provider) -> None:
    """Discovery is read off the rows, so nothing else may be found."""
    outcome = FINDS[provider.name]

    assert outcome.provider is provider
    assert provider.framework.levels[outcome.ial]
    for item in outcome.evidence:
        kinds = provider.documents if item["type"] == evidence.DOCUMENT else provider.records
        assert evidence.kinds([item])[0] in kinds
        assert {one["check_method"] for one in item["check_details"]} <= set(provider.methods)


async def test_each_value_says_how_it_was_checked(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    await journeys.complete(entry, vault, account.id, sandbox.known(person("stateless")))

    held = await attributes.read(entry, vault, account.id, ("verification", "evidence"))

    assert {name: one.value for name, one in held.items()} == {
        "verification": "substantial",
        "evidence": ["idcard", "population_register"],
    }
    assert {one.source for one in held.values()} == {sandbox.SOURCE}
    assert all(one.verified_at == entry.at for one in held.values())
    told = await values_of(entry, vault, account.id, ("verification", "evidence"))
    assert told == {}
