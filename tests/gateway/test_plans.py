"""Plans: what runs at a sign-on goes by a key, however large the tables are."""

import re

import asyncpg
import pytest

from idp import attribute_records, sessions, verifications
from keys.entry import Statement
from relying_parties import consent_records, releases
from relying_parties.grants import access_tokens, codes, proofs, refresh_records

HOT = {
    "session": sessions.FIND,
    "consent": consent_records.CURRENT,
    "code": codes.ISSUE,
    "redeem": codes.REDEEM,
    "token": access_tokens.FIND,
    "attributes": attribute_records.VALUES,
    "release": releases.RECORD,
    "refresh": refresh_records.USE,
    "proofs kept": proofs.KEEP,
    "proofs of a code": proofs.OF_CODE,
    "verified": verifications.VERIFIED,
    "evidence": verifications.LOOKED_AT,
}


@pytest.mark.parametrize("name", HOT)
async def test_no_table_is_read_whole(name: str, database_url: str) -> None:
    plan = await explained(database_url, HOT[name])

    assert "Seq Scan" not in plan
    assert "hashed SubPlan" not in plan
    # An index that is read without a condition is the whole table, too.
    scans = re.findall(r"(Index (?:Only )?Scan (?:using|on) .*)\n(.*)", plan)
    assert [scan for scan, after in scans if "Index Cond" not in after] == []


async def explained(url: str, query: Statement) -> str:
    """Ask for the plan that a connection of ours keeps, made on a new system."""
    kept = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
    kept |= {"join_collapse_limit": "1", "cpu_tuple_cost": "1"}
    connection = await asyncpg.connect(url, server_settings=kept)
    try:
        # As after the migrations, whatever was looked at since.
        rooms = "('idp'::regnamespace, 'relying_parties'::regnamespace, 'keys'::regnamespace)"
        await connection.execute(
            f"BEGIN; UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace IN {rooms}"
        )
        await connection.execute(f"PREPARE hot AS {query.sql}")
        anything = ", ".join(["NULL"] * len(query.order))
        rows = await connection.fetch(f"EXPLAIN EXECUTE hot({anything})")
    finally:
        await connection.close()
    return "\n".join(row[0] for row in rows)
