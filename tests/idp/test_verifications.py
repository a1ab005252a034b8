"""Verified values: which count, and how each was checked."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from idp import accounts, attributes, disputes, tables, verifications
from idp.attributes import Validity
from idp.errors import AccountNotOpen
from idp.proofing import journeys, sandbox
from keys.entry import Entry, statement
from keys.pool import Pool
from keys.vault import Vault
from tests.factories import MOMENT

HELD = {
    "given_name": "Ana",
    "middle_name": "Bo",
    "family_name": "Lind",
    "birthdate": "1980-02-29",
    "address": {"locality": "Lyon", "country_code": "FR"},
}
PERSON = {"person": "1", "document_number": "XD1", "attributes": HELD}
LATER = statement(
    sa.update(tables.attributes)
    .where(tables.attributes.c.claim == sa.bindparam("of_claim"))
    .values(verified_at=tables.attributes.c.verified_at + timedelta(hours=1))
)
NOBODY_S_RULES = statement(
    sa.update(tables.attributes).values(verification={"framework": "hearsay"})
)


@pytest.fixture
async def ana(entry: Entry, vault: Vault) -> UUID:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    await journeys.complete(entry, vault, account.id, sandbox.known(PERSON))
    return account.id


async def test_a_value_says_how_it_was_checked(entry: Entry, vault: Vault, ana: UUID) -> None:
    found = await verifications.read(entry, vault, ana, ("birthdate", "age_over_18", "locality"))

    assert {name: one.value for name, one in found.items()} == {
        "birthdate": "1980-02-29",
        "age_over_18": True,
        "locality": "Lyon",
    }
    ways = {one.verification for one in found.values()}
    way = ways.pop()
    assert not ways
    assert way.told() == {
        "trust_framework": "eidas",
        "assurance_level": "substantial",
        "assurance_process": {
            "policy": "Commission Implementing Regulation (EU) 2015/1502",
            "procedure": "register_comparison",
        },
        "time": f"{entry.at:%Y-%m-%dT%H:%M}:00Z",
    }


async def test_what_was_looked_at_is_found_by_its_value(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    found = await verifications.read(entry, vault, ana, ("birthdate",))
    ids = found["birthdate"].verification.evidence

    items = await verifications.looked_at(entry, vault, ana, ids)

    document, record = (items[one] for one in ids)
    assert document["document_details"]["document_number"] == "XD1"
    assert record["record"] == {"type": "population_register", "source": {"name": sandbox.SOURCE}}
    for item in items.values():
        assert item["check_details"][0]["time"] == f"{entry.at:%Y-%m-%dT%H:%M}:00Z"


async def test_what_is_told_was_not_checked(entry: Entry, vault: Vault, ana: UUID) -> None:
    """Not even beside a value that was."""
    for claim in ("nickname", "given_name"):
        await attributes.record(entry, vault, ana, claim, "Annie", source_type="self", by="test")

    found = await verifications.read(entry, vault, ana, ("nickname", "given_name"))

    assert {name: one.value for name, one in found.items()} == {"given_name": "Ana"}


async def test_nobody_checked_by_rules_that_we_do_not_know(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await entry.run(NOBODY_S_RULES)

    assert await verifications.read(entry, vault, ana, HELD) == {}


@pytest.mark.parametrize("claims", [("name",), ("family_name", "name")])
async def test_a_name_is_checked_if_its_parts_were_together(
    entry: Entry, vault: Vault, ana: UUID, claims: tuple[str, ...]
) -> None:
    before = await verifications.read(entry, vault, ana, claims)
    await entry.run(LATER, of_claim="family_name")

    after = await verifications.read(entry, vault, ana, claims)

    assert before["name"].value == "Ana Bo Lind"
    assert "name" not in after


async def test_what_is_contested_and_what_follows_from_it_counts_for_nothing(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await disputes.begin(entry, ana, "middle_name")

    found = await verifications.read(entry, vault, ana, ("middle_name", "name", "given_name"))

    assert list(found) == ["given_name"]


async def test_what_has_ended_was_checked_once(pool: Pool, vault: Vault) -> None:
    """The verification of an address after two years, and a fact after its last day."""
    at = MOMENT
    async with Entry(pool, at) as entry:
        account = await accounts.open_account(entry, vault, email="ana@example.org")
        await journeys.complete(entry, vault, account.id, sandbox.known(PERSON))
        last = Validity(until=at.date())
        await attributes.record(
            entry, vault, account.id, "nationalities", ["FR"], source_type="register",
            verified=True, verification=_verification(), validity=last, by="test",
        )  # fmt: skip
        claims = ("address", "nationalities", "birthdate")
        before = await verifications.read(entry, vault, account.id, claims)
    async with Entry(pool, at + timedelta(days=731)) as entry:
        after = await verifications.read(entry, vault, account.id, claims)

    assert before.keys() == set(claims)
    assert after.keys() == {"birthdate"}


def _verification() -> dict[str, Any]:
    return {"framework": "eidas", "level": "low", "procedure": "test", "evidence": []}


async def test_a_closed_account_proves_nothing(entry: Entry, vault: Vault, ana: UUID) -> None:
    await accounts.close(entry, ana)

    with pytest.raises(AccountNotOpen):
        await verifications.read(entry, vault, ana, ("birthdate",))
    with pytest.raises(AccountNotOpen):
        await verifications.looked_at(entry, vault, ana, ())
