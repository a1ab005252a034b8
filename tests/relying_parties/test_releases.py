"""What was read, by whom and when: names only, for the citizen alone."""

import json
from typing import Any

import asyncpg
import pytest

from keys.pool import Pool
from keys.sealing import DataKey
from relying_parties import releases
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.releases import Disclosure
from tests.relying_parties.conftest import CITIZEN, Later

PARKING = "parking-permits"
KEY = DataKey(bytes(32))


def told(consent: Consent | None = None, **over: Any) -> Disclosure:
    usual: dict[str, Any] = {
        "client_id": PARKING,
        "version": 1,
        "purposes": ["permit"],
        "consent_id": consent.id if consent else None,
        "claims": ["name", "address"],
        "channel": "userinfo",
    }
    return Disclosure(**(usual | over))


async def test_a_line_opens_for_the_citizen(at: Later, consent: Consent) -> None:
    async with at() as entry:
        await releases.record(entry, KEY, CITIZEN, told(consent, channel="id_token"))
        lines = await releases.of_subjects(entry, KEY, [CITIZEN])

        [made] = lines.whole
        assert not lines.damaged
        assert (made.client_id, made.version, made.purposes) == (PARKING, 1, ["permit"])
        assert (made.consent_id, made.claims) == (consent.id, ["name", "address"])
        assert (made.channel, made.at) == ("id_token", entry.at)
        assert json.loads(made.line)["service"] == PARKING


async def test_another_key_opens_nothing(at: Later, consent: Consent) -> None:
    async with at() as entry:
        await releases.record(entry, KEY, CITIZEN, told(consent))
        lines = await releases.of_subjects(entry, DataKey(bytes([1]) * 32), [CITIZEN])

    assert not lines.whole
    assert len(lines.damaged) == 1


async def test_the_table_and_the_journal_tell_operators_counts(
    at: Later, consent: Consent, pool: Pool
) -> None:
    """Which service read how many details; never which details, and never whose."""
    async with at() as entry:
        await releases.record(entry, KEY, CITIZEN, told(consent))
        [made] = (await releases.of_subjects(entry, KEY, [CITIZEN])).whole

    async with pool.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM relying_parties.releases")
        journalled = await connection.fetch(
            "SELECT actor, object, fields FROM keys.journal WHERE kind = 'ClaimsReleased'"
        )
    assert set(row.keys()) == {"id", "subject", "sealed", "commitment"}
    for secret in (b"address", PARKING.encode(), str(consent.id).encode(), made.salt):
        assert secret not in row["sealed"] + row["commitment"]
    assert [dict(each) for each in journalled] == [
        {
            "actor": f"client:{PARKING}",
            "object": f"release:{made.id}",
            "fields": {"claims": 2, "channel": "userinfo"},
        }
    ]


async def test_two_equal_lines_look_like_any_two(at: Later, consent: Consent, pool: Pool) -> None:
    async with at() as entry:
        for _ in range(2):
            await releases.record(entry, KEY, CITIZEN, told(consent))

    async with pool.connection() as connection:
        one, other = await connection.fetch("SELECT * FROM relying_parties.releases")
    assert one["commitment"] != other["commitment"]
    assert one["sealed"] != other["sealed"]


async def test_a_citizen_sees_their_own_only(at: Later, consent: Consent, library: Client) -> None:
    async with at() as entry:
        await releases.record(entry, KEY, CITIZEN, told(consent))
        await releases.record(entry, KEY, "somebody-else", told(claims=["birthdate"]))
        there = told(client_id=library.client_id, claims=["email"])
        await releases.record(entry, KEY, CITIZEN, there)

        mine = await releases.of_subjects(entry, KEY, [CITIZEN])
        newest = await releases.of_subjects(entry, KEY, [CITIZEN], 1)
        nobody = await releases.of_subjects(entry, KEY, [])

    assert [each.claims for each in mine.whole] == [["email"], ["name", "address"]]
    assert [each.claims for each in newest.whole] == [["email"]]
    assert not nobody.whole
    assert releases.last_reads(mine).keys() == {PARKING, library.client_id}


async def test_all_are_opened_however_many(
    at: Later, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "SOME", 3)
    async with at() as entry:
        for _ in range(7):
            await releases.record(entry, KEY, CITIZEN, told(consent))

        lines = await releases.of_subjects(entry, KEY, [CITIZEN])
        five = await releases.of_subjects(entry, KEY, [CITIZEN], 5)

    assert [each.id for each in lines.whole] == [7, 6, 5, 4, 3, 2, 1]
    assert [each.id for each in five.whole] == [7, 6, 5, 4, 3]


async def test_how_often_is_counted_for_each_detail(at: Later, consent: Consent) -> None:
    for minutes, claims in ((0, ["name", "address"]), (1, ["name"])):
        async with at(minutes=minutes) as entry:
            await releases.record(entry, KEY, CITIZEN, told(consent, claims=claims))

    async with at() as entry:
        first = entry.at
        reads = releases.last_reads(await releases.of_subjects(entry, KEY, [CITIZEN]))[PARKING]
    assert {claim: each.times for claim, each in reads.items()} == {"name": 2, "address": 1}
    assert reads["address"].last == first
    assert reads["name"].last > first


@pytest.mark.parametrize(
    "change",
    [
        "sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1)",
        "commitment = sha256('x')",
        "subject = 'citizen-in-southtown'",
    ],
)
async def test_a_damaged_line_is_told_as_one(
    at: Later, consent: Consent, pool: Pool, change: str
) -> None:
    """It never passes for whole, whatever of it was altered, and hides no other line."""
    async with at() as entry:
        for _ in range(2):
            await releases.record(entry, KEY, CITIZEN, told(consent))
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(f"UPDATE relying_parties.releases SET {change} WHERE id = 1")

    async with at() as entry:
        lines = await releases.of_subjects(entry, KEY, [CITIZEN, "citizen-in-southtown"])

    assert [each.id for each in lines.whole] == [2]
    assert lines.damaged == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE relying_parties.releases SET subject = 'x'",
        "DELETE FROM relying_parties.releases",
        "TRUNCATE relying_parties.releases",
    ],
)
async def test_the_database_itself_refuses_to_change_a_line(
    at: Later, consent: Consent, pool: Pool, sql: str
) -> None:
    async with at() as entry:
        await releases.record(entry, KEY, CITIZEN, told(consent))

    async with pool.connection() as connection:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await connection.execute(sql)
