"""Gatehouse as the black-box benchmark of OpenID Providers sees it; README.md says how to use it.

The benchmark runs in an interpreter of its own, so nothing of ours is imported here: the
checkout that OPBENCH_GATEHOUSE names is set up and served by its own.
"""

import json
import os
import re
import subprocess
from html import unescape
from pathlib import Path

from adapters.base import PGPORT, RU, BasePeer, fresh_db

CHECKOUT = Path(os.environ.get("OPBENCH_GATEHOUSE", "."))
PYTHON = str(CHECKOUT / ".venv" / "bin" / "python")
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # of a database that nobody keeps
SEED = """
import asyncio, json
from gateway.cli import house
from gateway.cli.bench import people
from idp import identifiers
from idp.authenticators import passwords

async def main():
    async with house.opened() as runtime, runtime.entry() as entry:
        facts = await people.seed(runtime, entry)
        for number in range(people.CITIZENS):
            email = f"user{number}@example.test"
            account = await identifiers.find_account(entry, runtime.vault, email)
            hashed = await runtime.hasher.hash(f"password{number}")
            await passwords.set(entry, account, hashed)
    print(json.dumps(facts))

asyncio.run(main())
"""
FORM = re.compile(r'<form method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Peer(BasePeer):
    """One process on PostgreSQL, as `gatehouse serve` runs it."""

    name, port, db = "gatehouse", 8120, "pg"
    algs = ["ES256", "RS256"]  # noqa: RUF012 - as the benchmark declares it
    rotates = False  # a client that can keep a secret keeps its refresh token, too
    hash_params = "argon2id m=46 MiB t=1 p=1"

    def prepare(self) -> None:
        """Make the database, the citizens user0 … user63 and one client for each algorithm."""
        self.environment = {
            "GATEHOUSE_DATABASE_URL": fresh_db("gatehouse"),
            "GATEHOUSE_MASTER_KEY": KEY,
            "GATEHOUSE_ENVIRONMENT": "test",
            "GATEHOUSE_ISSUER": f"http://127.0.0.1:{self.port}",
            "GATEHOUSE_PORT": str(self.port),
            "GATEHOUSE_ALLOW_LOOPBACK": "true",
            "GATEHOUSE_RATE_LIMITS": "false",  # the load is one client at one address
        }
        self._run("-m", "gateway.cli", "migrate")
        secrets = json.loads(self._run("-c", SEED))["secrets"]
        for alg in self.algs:
            name = f"bench-{alg.lower()}"
            told = {"id": name, "secret": secrets[name], "redirect_uri": RU, "alg": alg}
            self.clients = {**self.clients, alg: told}
            offline = {"same_login": True, "scope": "openid offline_access"}
            self.refresh = {**self.refresh, alg: told | offline}
        self.about = {"gatehouse": "one process, uvicorn", "database": f"PostgreSQL at {PGPORT}"}

    def command(self) -> tuple[list[str], dict[str, str], Path]:
        """Return what starts it."""
        return [PYTHON, "-m", "gateway.cli", "serve", "--workers", "1"], self.environment, CHECKOUT

    def cc_client(self, _client: object) -> None:
        """No client acts for itself here."""

    def login(self, i: int, client: dict[str, str]) -> str:
        """Sign user ``i`` in, who agreed to what ``client`` asks; return the cookies."""
        from opbench import Browser  # noqa: PLC0415 - it imports this file

        browser, path = Browser(self.port, self.hosthdr), "/login"
        _, _, page = browser.req("GET", path)
        for name, value in (("username", f"user{i}@example.test"), ("password", f"password{i}")):
            action, form = self._form(page, name)
            status, headers, _ = browser.req("POST", action, {**form, name: value})
            assert status == 303, (status, client["id"])
            _, _, page = browser.req("GET", headers["Location"])
        assert "__Host-sid" in browser.cookies, page[:300]
        return str(browser.cookie())

    def _form(self, page: str, field: str) -> tuple[str, dict[str, str]]:
        for action, body in FORM.findall(page):
            if f'name="{field}"' in body:
                hidden = {name: unescape(value) for name, value in HIDDEN.findall(body)}
                return unescape(action), hidden
        raise AssertionError(page[:300])

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            [PYTHON, *arguments],
            env={**os.environ, **self.environment},
            cwd=CHECKOUT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
