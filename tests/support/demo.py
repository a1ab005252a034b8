"""The demo as a test stands on it: started once, on ports of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg

from gateway.postgres import free_port
from tests.support.servers import breathe

ROOT = Path(__file__).parents[2]
OPTIONS = ("port", "parking-port", "tax-port", "clinic-port", "mail-port", "smtp-port",
           "database-port")  # fmt: skip


SAMPLES = 3
_SETTLED = """
SELECT (SELECT count(*) FROM relying_parties.streams)
  + (SELECT count(*) FROM relying_parties.logos WHERE digest IS NOT NULL)
"""

_REMEMBER = """
DO $$ DECLARE one record; BEGIN
  CREATE SCHEMA remembered;
  FOR one IN SELECT * FROM pg_tables WHERE schemaname IN ('idp', 'relying_parties') LOOP
    EXECUTE format('CREATE TABLE remembered.%I AS TABLE %I.%I',
      one.schemaname || '.' || one.tablename, one.schemaname, one.tablename);
  END LOOP;
END $$
"""

# Only what differs is touched, and at the end the registry's number rises: our processes, which
# go on working meanwhile, drop the services that they hold.
_BEGIN_AGAIN = """
DO $$ DECLARE one record; kept text; used text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT * FROM pg_tables WHERE schemaname IN ('idp', 'relying_parties')
      AND tablename <> 'registry' LOOP
    kept := format('remembered.%I', one.schemaname || '.' || one.tablename);
    used := format('%I.%I', one.schemaname, one.tablename);
    EXECUTE format('DELETE FROM %s AS u WHERE u::text NOT IN (SELECT k::text FROM %s AS k)',
      used, kept);
    EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM %s AS k'
      ' WHERE k::text NOT IN (SELECT u::text FROM %s AS u)', used, kept, used);
  END LOOP;
  UPDATE relying_parties.registry SET version = version + 1;
END $$
"""


@dataclass(frozen=True)
class Demo:
    """A running demo and what it says of itself."""

    facts: Mapping[str, Any]
    home: Path
    ports: Mapping[str, int]
    process: "subprocess.Popen[bytes]"

    @property
    def issuer(self) -> str:
        return str(self.facts["issuer"])

    def service(self, client_id: str) -> Mapping[str, Any]:
        """What the demo says of one service."""
        return next(one for one in self.facts["services"] if one["client_id"] == client_id)

    def person(self, name: str) -> Mapping[str, str]:
        """What the demo says of one person, by the beginning of their name."""
        return next(one for one in self.facts["people"] if one["name"].startswith(name))

    def command(self, *arguments: str) -> str:
        """Run a command of ``gatehouse`` against this demo; returns what it printed."""
        done = self.tried(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that may fail."""
        environment = {
            **{name: text for name, text in os.environ.items() if "GATEHOUSE" not in name},
            "GATEHOUSE_ISSUER": self.issuer,
            "GATEHOUSE_DATABASE_URL": self._database,
            "GATEHOUSE_MASTER_KEY_FILE": str(self.home / "demo" / "master.key"),
            "GATEHOUSE_ENVIRONMENT": "demo",
            "GATEHOUSE_ALLOW_LOOPBACK": "true",
        }
        return subprocess.run(
            [sys.executable, "-m", "gateway.cli", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def change(self, statement: str, *values: object) -> None:
        """Change what the demo's database holds, as time or a crowd would."""
        # In a thread of its own: Playwright's event loop runs in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(self._change(statement, values))).result()

    async def _change(self, statement: str, values: Sequence[object]) -> None:
        connection = await asyncpg.connect(self._database)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    def remember(self) -> None:
        """Keep a copy of its people and services, for :meth:`begin_again`.

        The samples open their streams, and the worker fetches their logos, when everything
        stands: what is kept has all of them.
        """
        deadline = time.monotonic() + 60
        while self.count(_SETTLED) < 2 * SAMPLES:
            if time.monotonic() > deadline:
                raise AssertionError("the samples are not ready")
            breathe()
        self.change(_REMEMBER)

    def count(self, query: str) -> int:
        """Return the number that a query asks for."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(self._count(query))).result()

    async def _count(self, query: str) -> int:
        connection = await asyncpg.connect(self._database)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    def begin_again(self) -> None:
        """Bring back the people and services that it began with, whatever was done since.

        The keys stay, and so does the journal, which only grows.
        """
        self.change(_BEGIN_AGAIN)

    @property
    def _database(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.ports['database-port']}/gatehouse"

    def mail(self, to: str, subject: str, patience: float = 15) -> str:
        """Wait for a mail and return its text."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with urlopen(f"{self.facts['mail']}/messages.json?to={to}", timeout=5) as answer:
                for message in json.load(answer):
                    if subject in message["subject"]:
                        return str(message["body"])
            self.process.poll()
        raise AssertionError(f"no mail to {to} about {subject}")


def start(home: Path, *more: str) -> Demo:
    """Start the demo, with ``more`` options, and wait until it is ready."""
    ports = {name: free_port() for name in OPTIONS}
    process = launch(home, ports, *more)
    log = home / "demo.log"
    deadline = time.monotonic() + 90
    while b"Ctrl-C stops" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(log.read_text())
        breathe()
    return Demo(json.loads((home / "demo.json").read_text()), home, ports, process)


def launch(home: Path, ports: Mapping[str, int], *more: str) -> "subprocess.Popen[bytes]":
    """Launch the demo on ``ports``; what it says goes to ``demo.log``."""
    arguments = [part for name, port in ports.items() for part in (f"--{name}", str(port))]
    environment = {
        name: text
        for name, text in os.environ.items()
        if "GATEHOUSE" not in name and name != "PYTHONDONTWRITEBYTECODE"
    }
    with (home / "demo.log").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "demo", "--home", str(home), *arguments, *more],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )


def tells_no_secret(demo: Demo) -> None:
    """LG-02, LG-08: whatever was asked, the logs of our processes hold nothing of anybody."""
    people = demo.facts["people"]
    told = [
        person[what] for person in people for what in ("name", "email", "password") if person[what]
    ]
    told += [one["client_secret"] for one in demo.facts["services"] if "client_secret" in one]
    for name in ("gateway", "worker"):
        said = (demo.home / "demo" / f"{name}.log").read_text()
        assert '"level": "error"' not in said, said
        for secret in (*told, "@example.test", "code=", "state=", "request_uri=", "eyJ"):
            assert secret not in said, f"{name}.log tells {secret}"


def stop(demo: Demo) -> None:
    """Stop it as Ctrl-C does."""
    demo.process.send_signal(signal.SIGINT)
    demo.process.wait(40)
