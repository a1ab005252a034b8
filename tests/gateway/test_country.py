"""The demo's country: each of its people is the case that is printed beside them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from gateway import settings
from gateway.cli import country, house
from gateway.runtime import Runtime
from idp import accounts, attributes, identifiers, tables
from idp.attributes import Attribute
from keys import master
from keys.entry import Entry, statement
from tests.factories import values_of

HISTORY = statement(
    sa.select(
        *(tables.attributes.c[name] for name in ("version", "status", "valid_from", "valid_until"))
    )
    .where(
        tables.attributes.c.account_id == sa.bindparam("of_account"),
        tables.attributes.c.claim == "address",
    )
    .order_by(tables.attributes.c.version)
)


class Country:
    """The people as they moved in."""

    def __init__(self, runtime: Runtime, entry: Entry, people: list[dict[str, Any]]) -> None:
        self.runtime, self.entry, self.people = runtime, entry, people

    def of(self, case: str) -> dict[str, Any]:
        return next(one for one in self.people if one["case"].startswith(case))

    async def account(self, case: str) -> UUID:
        found = await identifiers.find_account(
            self.entry, self.runtime.vault, self.of(case)["email"]
        )
        assert found
        return found

    async def held(self, case: str) -> list[Attribute]:
        who = await self.account(case)
        return await attributes.all_current(self.entry, self.runtime.vault, who)

    async def released(self, case: str, *claims: str) -> dict[str, Any]:
        who = await self.account(case)
        return await values_of(self.entry, self.runtime.vault, who, claims)


@pytest.fixture
async def land(database_url: str, tmp_path: Path) -> AsyncIterator[Country]:
    master.create(tmp_path / "keys" / "master.key")
    environment = {
        "GATEHOUSE_DATABASE_URL": database_url,
        "GATEHOUSE_MASTER_KEY_FILE": str(tmp_path / "keys" / "master.key"),
        "GATEHOUSE_ENVIRONMENT": "test",
    }
    async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
        yield Country(runtime, entry, await country.populate(runtime, entry))


async def test_each_of_the_twenty_is_the_case_that_is_said(land: Country) -> None:
    assert len(land.people) == 20
    await one_name_only(land)
    await two_nationalities(land)
    await moved_yesterday(land)
    await low_assurance_only(land)
    await disputed_birth_date(land)
    await deceased(land)


async def one_name_only(land: Country) -> None:
    assert await land.released("one name only", "name", "given_name", "family_name") == {
        "name": "Suharto",
        "given_name": "Suharto",
    }


async def two_nationalities(land: Country) -> None:
    assert await land.released("two nationalities", "nationalities") == {
        "nationalities": ["LB", "GB"]
    }


async def moved_yesterday(land: Country) -> None:
    yesterday = land.entry.at.date() - timedelta(days=1)
    who = await land.account("moved yesterday")

    old, new = await land.entry.all(HISTORY, of_account=who)
    told = await land.released("moved yesterday", "address", "previous_addresses")

    assert (old["status"], new["status"]) == ("superseded", "active")
    assert (new["valid_from"], new["valid_until"]) == (yesterday, None)
    assert old["valid_until"] == yesterday - timedelta(days=1)
    assert told["address"]["street_address"] == "5 New Square"
    [before] = told["previous_addresses"]
    assert before["street_address"] == "72 Old Tannery"
    assert before["valid_until"] == f"{old['valid_until']}"


async def low_assurance_only(land: Country) -> None:
    found = await accounts.find(land.entry, await land.account("low assurance only"))
    assert found
    assert found.ial < 2
    assert {one.source_type for one in await land.held("low assurance only")} == {"self"}


async def disputed_birth_date(land: Country) -> None:
    births = [one for one in await land.held("disputed") if one.claim == "birthdate"]

    assert {(one.value, one.status, one.source_type) for one in births} == {
        ("1979-04-03", "disputed", "register"),
        ("1979-03-04", "active", "self"),
    }
    assert not await land.released("disputed", "birthdate", "age_over_18")


async def deceased(land: Country) -> None:
    told = land.of("deceased")
    found = await accounts.find(land.entry, await land.account("deceased"))

    assert found
    assert found.status == "locked"
    assert told["password"] is None
    assert "locked" in told["case"]
    assert sum(one["password"] is None for one in land.people) == 1
