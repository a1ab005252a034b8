"""What a citizen says is wrong goes out to nobody until it is settled."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from idp import accounts, attributes, disputes, tables
from idp.errors import NothingToDispute
from keys.entry import Entry, statement
from keys.vault import Vault
from tests.factories import values_of

CLAIMS = ("birthdate", "birth_year", "age_over_18", "given_name")
KINDS = statement(
    sa.select(tables.attributes.c.change_kind)
    .where(tables.attributes.c.claim == "birthdate")
    .order_by(tables.attributes.c.version.desc())
    .limit(1)
)


@pytest.fixture
async def ana(entry: Entry, vault: Vault) -> UUID:
    who = (await accounts.open_account(entry, vault, email="ana@example.org")).id
    await registered(entry, vault, who, "birthdate", "1979-04-03")
    await registered(entry, vault, who, "given_name", "Ana")
    return who


async def registered(entry: Entry, vault: Vault, who: UUID, claim: str, value: Any) -> None:
    await attributes.record(
        entry, vault, who, claim, value, source_type="register", verified=True, by="register:test"
    )


async def test_neither_it_nor_what_follows_from_it_goes_out(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await disputes.begin(entry, ana, "birthdate")

    assert await values_of(entry, vault, ana, CLAIMS) == {"given_name": "Ana"}
    read = await attributes.read(entry, vault, ana, CLAIMS)
    assert {name for name, one in read.items() if one.disputed} == set(CLAIMS) - {"given_name"}


async def test_another_word_of_one_s_own_does_not_take_its_place(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await disputes.begin(entry, ana, "birthdate")
    await attributes.record(
        entry, vault, ana, "birthdate", "1989-04-03", source_type="self", by=f"account:{ana}"
    )

    assert "birthdate" not in await values_of(entry, vault, ana, CLAIMS)


async def test_the_same_word_again_settles_nothing_and_another_does(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await disputes.begin(entry, ana, "birthdate")

    await registered(entry, vault, ana, "birthdate", "1979-04-03")
    again = await values_of(entry, vault, ana, ("birthdate",))
    kind = await entry.one(KINDS)
    await registered(entry, vault, ana, "birthdate", "1979-03-04")

    assert again == {}
    assert kind
    assert kind["change_kind"] == "reverification"
    assert await values_of(entry, vault, ana, ("birthdate",)) == {"birthdate": "1979-03-04"}
    corrected = await entry.one(KINDS)
    assert corrected
    assert corrected["change_kind"] == "correction"


async def test_a_dispute_can_be_dropped(entry: Entry, vault: Vault, ana: UUID) -> None:
    await disputes.begin(entry, ana, "birthdate")

    await disputes.drop(entry, ana, "birthdate")

    assert "birthdate" in await values_of(entry, vault, ana, CLAIMS)
    with pytest.raises(NothingToDispute):
        await disputes.drop(entry, ana, "birthdate")


@pytest.mark.parametrize("claim", ["nickname", "address", "birthdate"])
async def test_only_what_somebody_else_wrote_can_be_contested_once(
    entry: Entry, vault: Vault, ana: UUID, claim: str
) -> None:
    by = f"account:{ana}"
    await attributes.record(entry, vault, ana, "nickname", "Ani", source_type="self", by=by)
    await disputes.begin(entry, ana, "birthdate")

    with pytest.raises(NothingToDispute):
        await disputes.begin(entry, ana, claim)
