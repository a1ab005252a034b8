"""What is held about a citizen: where from, how long it holds, and that nobody else can read it."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from idp import accounts, attributes, tables
from idp.attributes import Validity
from idp.errors import AccountNotOpen, ClaimUnknown, StaleVersion, ValueRefused
from idp.proofing import journeys, sandbox
from keys.entry import Entry, statement
from keys.errors import NotSealedHere
from keys.pool import Pool
from keys.vault import Vault
from tests.factories import values_of

TWO_YEARS = timedelta(days=730)
HOME = {"locality": "Northtown", "postal_code": "NT1 4QX"}
RAW = statement(sa.select(tables.attributes))
SWAP = statement(
    sa.update(tables.attributes)
    .where(tables.attributes.c.claim == "nickname")
    .values(
        sealed=sa.select(tables.attributes.c.sealed)
        .where(tables.attributes.c.claim == "title")
        .scalar_subquery()
    )
)


@pytest.fixture
async def ana(entry: Entry, vault: Vault) -> UUID:
    return (await accounts.open_account(entry, vault, email="ana@example.org")).id


async def record(entry: Entry, vault: Vault, who: UUID, claim: str, value: Any, **how: Any) -> None:
    how = {"source_type": "self", "by": f"account:{who}"} | how
    await attributes.record(entry, vault, who, claim, value, **how)


async def test_what_is_read_says_where_it_comes_from(
    entry: Entry, vault: Vault, ana: UUID, moment: datetime
) -> None:
    how = {"source_type": "register", "source": "Population Register", "verified": True}
    await record(entry, vault, ana, "address", HOME, **how)

    read = await attributes.read(entry, vault, ana, ("address", "postal_code"))

    home, code = read["address"], read["postal_code"]
    assert (home.value, home.source, home.source_type) == (HOME, "Population Register", "register")
    assert home.verified
    assert home.verified_at == moment
    assert home.verification_ends_at == moment + TWO_YEARS
    assert (code.value, code.source, code.source_type) == (
        HOME["postal_code"],
        "Population Register",
        "derived",
    )
    assert code.verified
    assert code.verification_ends_at == moment + TWO_YEARS


async def test_after_its_end_a_verification_counts_no_more(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(entry, vault, who, "address", HOME, verified=True)
    claims = ("address", "postal_code")

    async with Entry(pool, moment + TWO_YEARS - timedelta(seconds=1)) as entry:
        before = await attributes.read(entry, vault, who, claims)
    async with Entry(pool, moment + TWO_YEARS) as entry:
        after = await attributes.read(entry, vault, who, claims)
        everything = await attributes.all_current(entry, vault, who)
        released = await values_of(entry, vault, who, claims)

    assert [one.verified for one in before.values()] == [True, True]
    assert [one.verified for one in after.values()] == [False, False]
    assert not any(one.verified for one in everything if one.claim == "address")
    assert released == {"address": HOME, "postal_code": "NT1 4QX"}


async def test_what_was_told_since_goes_before_a_verification_that_ended(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(entry, vault, who, "address", HOME, verified=True)
    moved = {"locality": "Riverside"}
    async with Entry(pool, moment + timedelta(days=1)) as entry:
        await record(entry, vault, who, "address", moved)

        held = await values_of(entry, vault, who, ("address",))
    async with Entry(pool, moment + TWO_YEARS) as entry:
        later = await values_of(entry, vault, who, ("address",))
        read = await attributes.read(entry, vault, who, ("address",))

    assert held == {"address": HOME}
    assert later == {"address": moved} == {"address": read["address"].value}


async def test_an_email_address_is_verified_for_a_year(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
    claims = ("email", "email_verified")

    async with Entry(pool, moment) as entry:
        assert (await values_of(entry, vault, who, claims))["email_verified"] is True
    async with Entry(pool, moment + timedelta(days=365)) as entry:
        assert (await values_of(entry, vault, who, claims))["email_verified"] is False
        read = await attributes.read(entry, vault, who, claims)
    assert read["email_verified"].value is False


@pytest.mark.parametrize("expected", [0, 2])
async def test_a_writer_who_saw_another_version_changes_nothing(
    entry: Entry, vault: Vault, ana: UUID, expected: int
) -> None:
    await record(entry, vault, ana, "nickname", "Ani")

    with pytest.raises(StaleVersion):
        await record(entry, vault, ana, "nickname", "Anita", expected=expected)

    read = await attributes.read(entry, vault, ana, ("nickname",))
    assert (read["nickname"].value, read["nickname"].version) == ("Ani", 1)
    await record(entry, vault, ana, "nickname", "Anita", expected=1)
    read = await attributes.read(entry, vault, ana, ("nickname",))
    assert (read["nickname"].value, read["nickname"].version) == ("Anita", 2)


async def test_a_refused_value_changes_nothing(entry: Entry, vault: Vault, ana: UUID) -> None:
    await record(entry, vault, ana, "nickname", "Ani")

    with pytest.raises(ValueRefused):
        await record(entry, vault, ana, "nickname", ["Anita"])
    with pytest.raises(ValueRefused):
        await record(entry, vault, ana, "birthdate", "2026-11-25")

    assert await values_of(entry, vault, ana, ("nickname", "birthdate")) == {"nickname": "Ani"}


@pytest.mark.parametrize("claim", ["age_over_18", "updated_at", "identity_verified", "nonsense"])
async def test_what_is_computed_or_unknown_is_not_stored(
    entry: Entry, vault: Vault, ana: UUID, claim: str
) -> None:
    with pytest.raises(ClaimUnknown):
        await record(entry, vault, ana, claim, True)


async def test_the_table_shows_no_value(entry: Entry, vault: Vault, ana: UUID) -> None:
    await record(entry, vault, ana, "nickname", "Canarybird")

    assert "canary" not in str([dict(row) for row in await entry.all(RAW)]).lower()


async def test_a_value_that_was_moved_to_another_row_does_not_open(
    entry: Entry, vault: Vault, ana: UUID
) -> None:
    await record(entry, vault, ana, "nickname", "Ani")
    await record(entry, vault, ana, "title", "Dr")
    await entry.run(SWAP)

    with pytest.raises(NotSealedHere):
        await values_of(entry, vault, ana, ("nickname",))


async def test_a_change_of_something_else_is_not_told(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    later = moment + timedelta(days=1)
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(entry, vault, who, "given_name", "Eli")
    async with Entry(pool, later) as entry:
        await record(entry, vault, who, "nickname", "E")

        told = await values_of(entry, vault, who, ("name", "updated_at"))
        both = await values_of(entry, vault, who, ("nickname", "updated_at"))
        alone = await values_of(entry, vault, who, ("updated_at",))

    assert told == {"name": "Eli", "updated_at": int(moment.timestamp())}
    assert both["updated_at"] == int(later.timestamp())
    assert alone == {}


async def test_the_time_of_the_proofing_is_told_once_there_was_one(
    entry: Entry, vault: Vault, ana: UUID, moment: datetime
) -> None:
    claims = ("verified_at", "identity_verified")
    before = await values_of(entry, vault, ana, claims)
    stateless = next(one for one in sandbox.register() if one["case"] == "stateless")
    await journeys.complete(entry, vault, ana, sandbox.known(stateless))

    after = await values_of(entry, vault, ana, (*claims, "nationalities"))

    assert before == {"identity_verified": False}
    assert after == {
        "verified_at": int(moment.timestamp()),
        "identity_verified": True,
        "nationalities": ["XXA"],
    }


async def test_of_a_locked_account_nothing_is_read(entry: Entry, vault: Vault, ana: UUID) -> None:
    await accounts.lock(entry, ana, "asked", by="operator")

    for reading in (attributes.read, values_of):
        with pytest.raises(AccountNotOpen):
            await reading(entry, vault, ana, ("email",))


async def test_what_held_only_for_a_time_is_told_until_its_last_day(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    """Validity: the fact itself has ended, so nothing is told, not even as the citizen's word."""
    today = moment.date()
    lasts = Validity(since=today - timedelta(days=9), until=today + timedelta(days=1))
    claims = ("address", "locality")
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(entry, vault, who, "address", HOME, verified=True, validity=lasts)

    async with Entry(pool, moment + timedelta(days=1)) as entry:
        last_day = await values_of(entry, vault, who, claims)
        [shown] = [
            one for one in await attributes.all_current(entry, vault, who) if one.claim == "address"
        ]
    async with Entry(pool, moment + timedelta(days=2)) as entry:
        after = await values_of(entry, vault, who, claims)
        read = await attributes.read(entry, vault, who, claims)
        everything = await attributes.all_current(entry, vault, who)

    assert last_day == {"address": HOME, "locality": "Northtown"}
    assert (shown.valid_from, shown.valid_until, shown.over) == (lasts.since, lasts.until, False)
    assert after == read == {}
    assert [one.over for one in everything if one.claim == "address"] == [True]


async def test_after_it_the_citizen_s_own_word_counts(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    today = moment.date()
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(
            entry, vault, who, "address", HOME, verified=True, validity=Validity(until=today)
        )
        await record(entry, vault, who, "address", {"locality": "Riverside"})

        before = await values_of(entry, vault, who, ("locality",))
    async with Entry(pool, moment + timedelta(days=1)) as entry:
        after = await values_of(entry, vault, who, ("locality",))

    assert (before, after) == ({"locality": "Northtown"}, {"locality": "Riverside"})


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        pytest.param(Validity(since=date(2027, 11, 26)), "future", id="begins-in-years"),
        pytest.param(
            Validity(date(2026, 11, 2), date(2026, 11, 1)), "validity", id="ends-before-it-begins"
        ),
    ],
)
async def test_a_validity_has_begun_and_ends_later(
    entry: Entry, vault: Vault, ana: UUID, validity: Validity, reason: str
) -> None:
    with pytest.raises(ValueRefused, match=reason):
        await record(entry, vault, ana, "address", HOME, validity=validity)


async def test_of_fifty_writers_at_once_one_is_first(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    """RC-16."""
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="eli@example.org")).id
        await record(entry, vault, who, "nickname", "First")

    async def write(number: int) -> str:
        async with Entry(pool, moment) as entry:
            try:
                await record(entry, vault, who, "nickname", f"Number {number}", expected=1)
            except StaleVersion:
                return "stale"
        return f"Number {number}"

    told = await asyncio.gather(*(write(number) for number in range(50)))

    [won] = [one for one in told if one != "stale"]
    async with Entry(pool, moment) as entry:
        held = await attributes.read(entry, vault, who, ("nickname",))
        rows = [row for row in await entry.all(RAW) if row["claim"] == "nickname"]
    assert (held["nickname"].value, held["nickname"].version) == (won, 2)
    assert sorted((row["version"], row["status"]) for row in rows) == [
        (1, "superseded"),
        (2, "active"),
    ]
