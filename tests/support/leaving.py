"""Accounts that are to be deleted, as their citizens ask for it and the worker does it."""

from typing import Any

import httpx2

from gateway import erasing
from tests.support import letters, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

PLACE = "/account/data/delete"


async def asked(gateway: Gateway, someone: Citizen) -> httpx2.Response:
    """Ask for it on the page."""
    browser = Browser(gateway, someone.cookie)
    return await browser.fill(await browser.follow(PLACE), "delete", {"understood": "yes"})


async def link(gateway: Gateway, someone: Citizen) -> str:
    """Return the path of the link in the newest mail about it."""
    told = await letters.queued(gateway, someone.email)
    stops = [str(fields["stop"]) for name, fields in told if name == "account-leaving"]
    return stops[-1].removeprefix(gateway.issuer)


async def due(gateway: Gateway) -> None:
    """Let the next step of every erasure be due now."""
    await gateway.rows("UPDATE idp.erasures SET due_at = now() WHERE stage <> 'gone'")


async def stage(gateway: Gateway, someone: Citizen) -> str:
    """Return how far it is."""
    sql = "SELECT stage FROM idp.erasures WHERE account_id = $1 ORDER BY asked_at DESC LIMIT 1"
    [row] = await gateway.rows(sql, someone.account)
    return str(row["stage"])


async def gone(gateway: Gateway, someone: Citizen) -> None:
    """Let the worker take every step."""
    for _ in range(20):
        await due(gateway)
        await erasing.erase(gateway.runtime)
        await signals.gathered(gateway)
        if await stage(gateway, someone) == "gone":
            return
    raise AssertionError(await stage(gateway, someone))


async def rows_of(gateway: Gateway, someone: Citizen, subjects: list[str]) -> dict[str, int]:
    """Count the rows that name a citizen, by table: by account, or by subject."""
    found: dict[str, int] = {}
    for table, column, kind in await columns(gateway):
        given: Any = someone.account if kind == "account_id" else subjects
        compared = "= $1" if kind == "account_id" else "= ANY($1)"
        [row] = await gateway.rows(
            f"SELECT count(*) AS n FROM {table} WHERE {column} {compared}", given
        )
        if row["n"]:
            found[table] = row["n"]
    return found


async def columns(gateway: Gateway) -> list[tuple[str, str, str]]:
    """Return where rows name a citizen: table, column, and by what."""
    rows = await gateway.rows(
        "SELECT table_schema || '.' || table_name AS name, column_name FROM"
        " information_schema.columns WHERE table_schema IN ('idp', 'relying_parties')"
        " AND column_name IN ('account_id', 'subject')"
    )
    known = [(row["name"], row["column_name"], row["column_name"]) for row in rows]
    return [*known, ("idp.accounts", "id", "account_id")]
