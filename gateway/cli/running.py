"""Processes of ours that run as one: a database first, then whatever stands on it."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click

from gateway import postgres

PATIENCE = 60.0  # seconds until a process that does not answer is given up


class House:
    """What is running, in the order of its start; ``place`` keeps the data and the logs."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.database: postgres.Running | None = None

    def open_database(self, port: int) -> None:
        """Start PostgreSQL.

        :raises PostgresUnavailable: no binaries, or it does not come up
        """
        # PostgreSQL's own user must pass through it; only we write beside the master key.
        self.place.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.database = postgres.start(self.place / "postgres", postgres.binaries(), port=port)

    def start(self, name: str, module: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a module with nothing but ``environment`` of the settings."""
        dropped = ("GATEHOUSE", "PYTHONDONTWRITEBYTECODE")  # compiled once is enough for all
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not any(name in key for name in dropped)
        }
        log = self.place / f"{name}.log"
        log.touch(mode=0o600)
        log.chmod(0o600)  # one of before, too
        with log.open("ab") as output:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", *module],
                env={**inherited, **environment},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait(self, address: str, trusted: Path | None = None) -> None:
        """Wait until ``address`` answers.

        :param trusted: the certificate that it has, where nobody else vouches for it
        :raises ClickException: it does not, or a process stopped
        """
        tls = ssl.create_default_context(cafile=trusted) if trusted else None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.look()
            try:
                with urlopen(address, timeout=2, context=tls):  # noqa: S310 - our own loopback
                    return
            except OSError:
                time.sleep(0.1)
        raise click.ClickException(f"{address} does not answer; see {self.place}/*.log")

    def look(self) -> None:
        """Look that all of it runs.

        :raises ClickException: a process stopped, with its last words
        """
        for name, process in self.processes.items():
            if process.poll() is not None:
                words = (self.place / f"{name}.log").read_text(errors="replace")[-800:]
                raise click.ClickException(f"{name} stopped ({process.returncode}):\n{words}")
        if self.database and self.database.process.poll() is not None:
            raise click.ClickException("PostgreSQL stopped")

    def watch(self) -> None:
        """Look again and again, for ever."""
        while True:
            time.sleep(1)
            self.look()

    def stop(self) -> None:
        """Stop all of it, the last started first."""
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.database is not None:
            self.database.stop()


def claim(ports: Mapping[str, int]) -> None:
    """Look that every port is free before anything starts.

    :param ports: by the name of the option that chooses it, with underscores
    :raises ClickException: one is taken
    """
    for name, number in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                option = f"--{name.replace('_', '-')}"
                raise click.ClickException(
                    f"port {number} is taken; choose another with {option}"
                ) from error


def create(database: postgres.Running) -> None:
    """Create the gateway's own database, unless it is there."""
    import asyncpg  # noqa: PLC0415 - only here is the driver used by itself

    async def work() -> None:
        connection = await asyncpg.connect(database.url)
        try:
            if not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse')"
            ):
                await connection.execute("CREATE DATABASE gatehouse")
        finally:
            await connection.close()

    asyncio.run(work())


def leave(path: Path, told: Mapping[str, Any]) -> None:
    """Write something down for other programs of this user."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
