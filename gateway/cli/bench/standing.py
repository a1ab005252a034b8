"""A gateway of its own with a database of its own, for as long as something is measured."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from gateway import migrations, postgres, settings
from gateway.cli import house
from gateway.cli.bench import kernel, load, people

_PATIENCE = 10.0  # seconds until a gateway that does not answer is given up


@dataclass(frozen=True, slots=True)
class Base:
    """A migrated database with people in it, and the settings of a gateway on it."""

    place: Path
    database: postgres.Running
    environment: Mapping[str, str]
    port: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gateway:
    """What is running.

    :ivar pid: of the process that was started; its workers are its children
    :ivar ready_after: seconds from the start to the first answer of ``/health/ready``
    :ivar ready_cpu: CPU seconds that it took for that
    """

    base: Base
    pid: int
    ready_after: float
    ready_cpu: float

    @property
    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return [pid for pid in kernel.tree(self.pid) if kernel.listens(pid, self.base.port)]


@contextmanager
def database() -> Iterator[Base]:
    """Start PostgreSQL as it runs in earnest, with ``fsync``, and fill it."""
    with TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        running = postgres.start(place / "postgres", postgres.binaries(), durable=True)
        try:
            yield _filled(place, running)
        finally:
            running.stop()


def _filled(place: Path, running: postgres.Running) -> Base:
    port = postgres.free_port()
    environment = {
        "GATEHOUSE_DATABASE_URL": running.url,
        "GATEHOUSE_MASTER_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "GATEHOUSE_ENVIRONMENT": "test",
        "GATEHOUSE_ISSUER": f"http://127.0.0.1:{port}",
        "GATEHOUSE_ALLOW_LOOPBACK": "true",
        "GATEHOUSE_RATE_LIMITS": "false",  # the load is one client at one address
        "GATEHOUSE_PORT": str(port),
    }
    migrations.upgrade(running.url)
    os.environ["GATEHOUSE_MASTER_KEY"] = environment["GATEHOUSE_MASTER_KEY"]

    async def seed() -> Mapping[str, Any]:
        async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
            return await people.seed(runtime, entry)

    return Base(place, running, environment, port, asyncio.run(seed()))


@asynccontextmanager
async def gateway(base: Base, workers: int) -> AsyncIterator[Gateway]:
    """Start a gateway and wait until all its workers answer."""
    begun = time.monotonic()
    with (base.place / "gateway.log").open("ab") as log:
        server = subprocess.Popen(  # noqa: ASYNC220, S603 - our own module
            [sys.executable, "-m", "gateway.cli", "serve", "--workers", str(workers)],
            env=surroundings(base),
            cwd=base.place,
            stdout=log,
            stderr=log,
        )
    try:
        await _answering(base, begun)
        after = time.monotonic() - begun
        standing = Gateway(base, server.pid, after, kernel.seconds(server.pid))
        while len(standing.workers) < workers:
            if time.monotonic() > begun + _PATIENCE:
                raise click.ClickException("not all workers came up")
            await asyncio.sleep(0.05)
        yield standing
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def surroundings(base: Base) -> dict[str, str]:
    """Return the environment of a process of ours: settings of ``base`` and of nobody else."""
    inherited = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
    return {**inherited, **base.environment}


async def _answering(base: Base, begun: float) -> None:
    while time.monotonic() < begun + _PATIENCE:
        try:
            async with load.browser(base.port, "") as opened:
                load.expect(await opened.ask("GET", "/health/ready"), b"200")
                return
        except OSError:
            await asyncio.sleep(0.02)
    raise click.ClickException(
        f"the gateway does not answer:\n{(base.place / 'gateway.log').read_text()[-2000:]}"
    )
