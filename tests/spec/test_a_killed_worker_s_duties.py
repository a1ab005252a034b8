"""F-35, I5: a worker that is killed loses no mail and leaves journal and ledger whole.

The worker as it is shipped, again and again, each time killed a little later.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiosmtpd.controller import UnthreadedController

from gateway import worker
from gateway.postgres import free_port
from idp import notices
from keys import journal
from keys.sealing import DataKey
from relying_parties import ledger_audit, releases
from relying_parties.releases import Disclosure
from tests.support.gateway import ROOT, Gateway

MAILS = 60
# One duty alone, without a pause, so that it is under way whenever it is killed.
ONE_DUTY = """
import asyncio
from gateway import worker
from gateway.cli import house

async def main():
    async with house.opened() as runtime:
        print("ready", flush=True)
        while True:
            await worker.{duty}(runtime)

asyncio.run(main())
"""
CHAINS = ONE_DUTY.format(duty="chain_journal")
GROWS = ONE_DUTY.format(duty="grow_ledger")
LINE = Disclosure("basic", 1, ["all"], ["name"], "userinfo", None)


class Postbox:
    """A mail server that tells what it took."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        self.news = asyncio.Event()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        # A worker has other mails to send, too: of whoever was told something by another test.
        self.came.update(one for one in envelope.rcpt_tos if one.startswith("killed"))
        self.news.set()
        return "250 kept"

    async def until(self, number: int) -> None:
        """Wait until mails to so many addresses have come."""
        while len(self.came) < number:
            self.news.clear()
            await self.news.wait()


@pytest.fixture
async def postbox() -> AsyncIterator[tuple[Postbox, str]]:
    """A mail server and its address."""
    box, port = Postbox(), free_port()
    controller = UnthreadedController(box, "127.0.0.1", port, loop=asyncio.get_running_loop())
    server = await controller._create_server()
    yield box, f"smtp://127.0.0.1:{port}"
    server.close()
    await server.wait_closed()


@contextlib.asynccontextmanager
async def running(
    gateway: Gateway, *command: str, **more: str
) -> AsyncIterator["asyncio.subprocess.Process"]:
    """Run a process of ours, and kill it at the end of the block."""
    plain = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={**plain, **gateway.environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()


async def test_every_mail_is_sent(gateway: Gateway, postbox: tuple[Postbox, str]) -> None:
    """A mail that a dead worker had taken is due again; it may come twice, never not at all."""
    box, address = postbox
    await gateway.rows("DELETE FROM idp.notices")
    expected = {f"killed{number}@example.test" for number in range(MAILS)}
    async with gateway.runtime.entry() as entry:
        for email in sorted(expected):
            await notices.queue(
                entry, gateway.runtime.vault, template="password-changed", locale="en",
                email=email, fields={},
            )  # fmt: skip

    for enough in (1, 5, 18, 33, MAILS):
        # What a dead worker had taken is its own for two minutes, which nobody waits here.
        await gateway.rows("UPDATE idp.notices SET due_at = now() WHERE sent_at IS NULL")
        async with running(gateway, "-m", "gateway.cli", "worker", GATEHOUSE_SMTP_URL=address):
            async with asyncio.timeout(60):
                await box.until(enough)

    assert set(box.came) == expected
    assert box.came.total() < 2 * MAILS
    unsent = await gateway.rows(
        "SELECT id FROM idp.notices WHERE sent_at IS NULL AND template = 'password-changed'"
    )
    # The last of them had come when the worker died: whether that was noted is open.
    assert len(unsent) <= 20


async def test_the_chain_is_whole(gateway: Gateway) -> None:
    """I5: each row in one batch, in its order, wherever the worker died."""

    async def happens() -> None:
        while True:
            for _ in range(20):
                await gateway.citizen()

    for _ in range(6):
        async with running(gateway, "-c", CHAINS) as process:
            assert process.stdout
            await process.stdout.readline()
            before = await _chained(gateway)
            life = asyncio.create_task(happens())
            async with asyncio.timeout(60):
                while await _chained(gateway) < before + 3:
                    pass
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life

    while await worker.chain_journal(gateway.runtime) or await _loose(gateway):
        pass
    async with gateway.runtime.entry() as entry:
        verdict = await journal.verify(entry)
    (rows,) = await gateway.rows("SELECT count(*) AS n FROM keys.journal")
    assert verdict.broken is None
    assert (verdict.rows, verdict.unchained) == (rows["n"], 0)


async def test_the_ledger_is_whole(gateway: Gateway) -> None:
    """Each line is one leaf, in its order, wherever the worker died: none lost, none twice."""
    key = DataKey(bytes(32))

    async def happens() -> None:
        while True:
            async with gateway.runtime.entry() as entry:
                await releases.record(entry, key, "somebody-elsewhere", LINE)

    for more in (1, 40, 90, 10, 150, 70):
        async with running(gateway, "-c", GROWS) as process:
            assert process.stdout
            await process.stdout.readline()
            before = await _sealed(gateway)
            life = asyncio.create_task(happens())
            async with asyncio.timeout(60):
                while await _sealed(gateway) < before + more:
                    pass
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life

    async with asyncio.timeout(60):
        while (report := await _audit(gateway)).waiting:
            await worker.grow_ledger(gateway.runtime)
    (rows,) = await gateway.rows("SELECT count(*) AS n FROM relying_parties.releases")
    assert (report.lines, report.findings) == (rows["n"], [])


async def _audit(gateway: Gateway) -> ledger_audit.Report:
    async with gateway.runtime.entry() as entry:
        return await ledger_audit.verify(entry, gateway.issuer)


async def _sealed(gateway: Gateway) -> int:
    (row,) = await gateway.rows("SELECT count(*) AS n FROM keys.tree_leaves")
    return int(row["n"])


async def _chained(gateway: Gateway) -> int:
    (row,) = await gateway.rows("SELECT count(*) AS n FROM keys.journal_batches")
    return int(row["n"])


async def _loose(gateway: Gateway) -> int:
    async with gateway.runtime.entry() as entry:
        return (await journal.verify(entry)).unchained
