"""Worker and receiver die at any moment, and every change arrives and is answered (I1, N3).

A real worker and a real sample service are killed again and again while citizens change a
detail. In the end each event came at least once, and each citizen's timeline is true.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.postgres import free_port
from relying_parties import changes
from tests import factories
from tests.support import signals
from tests.support.browser import Browser
from tests.support.gateway import ROOT, Citizen, Gateway
from tests.support.servers import breathe

CITIZENS, KILLS, PATIENCE = 8, 6, 4000
SERVICE = "killed-now-and-then"


def start(folder: Path, name: str, module: list[str], **own: str) -> Any:
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env={**{k: v for k, v in os.environ.items() if "GATEHOUSE" not in k}, **own},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )


@asynccontextmanager
async def killed(gateway: Gateway, folder: Path, port: int) -> AsyncIterator[Any]:
    """Run a worker and a receiver; what is yielded kills and restarts one of them."""
    receiver = {
        "ISSUER": gateway.issuer,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "CLIENT_ID": SERVICE,
        "CLIENT_SECRET": gateway.secrets[SERVICE],
        "PORT": f"{port}",
        "STORE": str(folder / "receiver.sqlite"),
    }
    kinds = {
        "worker": (["gateway.cli", "worker"], dict(gateway.environment)),
        "receiver": (["relying_parties.samples.clinic"], receiver),
    }
    running = {n: start(folder, n, module, **env) for n, (module, env) in kinds.items()}

    def kill(name: str) -> None:
        running[name].kill()
        running[name].wait()
        module, env = kinds[name]
        running[name] = start(folder, name, module, **env)

    try:
        yield kill
    finally:
        for process in running.values():
            process.kill()
            process.wait()


@pytest.fixture
async def people(gateway: Gateway) -> list[Citizen]:
    return [await gateway.citizen() for _ in range(CITIZENS)]


async def test_every_change_arrives_and_is_answered(
    gateway: Gateway, tmp_path: Path, people: list[Citizen]
) -> None:
    port = free_port()
    asks = [factories.asks("given_name"), factories.asks("phone_number", "optional")]
    await gateway.service(
        signals.document(
            SERVICE,
            redirectUris=[f"http://127.0.0.1:{port}/callback"],
            purposes=[{"id": "all", "name": {"en": "To test this"}, "claims": asks}],
            events={"types": ["claims-changed"], "endpoint": f"http://127.0.0.1:{port}/events"},
        )
    )
    await gateway.settled()
    for someone in people:
        await gateway.agree(someone.account, SERVICE)

    async with killed(gateway, tmp_path, port) as kill:
        await listening(gateway)
        for number in range(KILLS):
            for someone in people:
                await tell(gateway, someone, f"+4416329600{number:02}")
            kill(("worker", "receiver")[number % 2])
        answered = await all_answered(gateway, people)

    # Nobody knows these citizens there: the clinic says so of each change.
    assert answered == {(changes.REJECTED, "no_record"): CITIZENS * KILLS}


async def listening(gateway: Gateway) -> None:
    for _ in range(PATIENCE):
        if await gateway.rows(
            "SELECT 1 FROM relying_parties.streams WHERE client_id = $1", SERVICE
        ):
            return
        await asyncio.to_thread(breathe)
    raise AssertionError("the receiver never listened")


async def tell(gateway: Gateway, someone: Citizen, number: str) -> None:
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/details/phone_number")
    form: Any = {"phone_number": number, "tell": [SERVICE]}
    saved = await browser.fill(page, "detail-save", form)
    assert str(saved.url).endswith("done=told"), saved.text[:300]


async def all_answered(gateway: Gateway, people: list[Citizen]) -> dict[Any, int]:
    """Wait until nothing is under way; how many notices ended in which way."""
    subjects = [await signals.subject(gateway, one, SERVICE) for one in people]
    found: dict[Any, int] = {}
    for _ in range(PATIENCE):
        async with gateway.runtime.entry() as entry:
            notices = await changes.of_subjects(entry, subjects)
        found = {}
        for one in notices:
            found[one.state, one.reason] = found.get((one.state, one.reason), 0) + 1
        if not [one for one in notices if one.state in (changes.DUE, changes.TOLD)]:
            return found
        # A stream that was down waits some seconds; the test does not.
        await gateway.rows("UPDATE relying_parties.streams SET due_at = now() - interval '1 s'")
        await asyncio.to_thread(breathe)
    return found
