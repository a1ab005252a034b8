"""What a cluster asks of a process before it sends citizens there."""

import pytest

from tests.support.gateway import Gateway


@pytest.mark.parametrize("path", ["/health/started", "/health/live", "/health/ready"])
async def test_a_process_that_stands_says_so_to_any_host(gateway: Gateway, path: str) -> None:
    answer = await gateway.get(path, headers={"host": "10.0.0.7:8000"})

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("revision", "status"), [("", 503), ("9999", 200)], ids=["not-migrated", "a-newer-release"]
)
async def test_readiness_asks_for_the_schema(gateway: Gateway, revision: str, status: int) -> None:
    [was] = await gateway.rows("SELECT version_num FROM keys.alembic_version")
    set_to = "UPDATE keys.alembic_version SET version_num = $1"
    await gateway.rows(set_to, revision)
    try:
        ready, live = await gateway.get("/health/ready"), await gateway.get("/health/live")
    finally:
        await gateway.rows(set_to, was["version_num"])

    assert (ready.status_code, live.status_code) == (status, 200)
    assert (await gateway.get("/health/ready")).status_code == 200


async def test_a_database_without_a_schema_is_not_ready(gateway: Gateway) -> None:
    rename = "ALTER TABLE keys.{} RENAME TO {}"
    await gateway.rows(rename.format("alembic_version", "elsewhere"))
    try:
        ready = await gateway.get("/health/ready")
    finally:
        await gateway.rows(rename.format("elsewhere", "alembic_version"))

    assert (ready.status_code, ready.text) == (503, "no schema\n")
    assert ready.headers["retry-after"] == "5"
