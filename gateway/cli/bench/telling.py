"""What it takes to tell services: from a citizen's save to the last receipt, and how many a second.

    save ─▶ notices and events in one transaction ─▶ worker ─▶ signed, pushed ─▶ heard

Everything is real: the page that citizens use, a gateway, a worker, receivers over HTTP. Every
tenth of many is down, half of those in the worst way: they take a connection and say nothing.
Then they come back, and hear what they missed as late as the table of retries says.
"""

import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import click

from gateway import settings
from gateway.cli import house
from gateway.cli.bench import budget, hearing, load, standing
from gateway.cli.bench.hearing import Hearing
from gateway.cli.bench.people import REDIRECT
from gateway.cli.bench.standing import Base
from gateway.cli.services import rules
from gateway.runtime import Runtime
from idp import accounts, sessions
from idp.events import PasswordSet
from keys import pairwise
from keys.entry import Entry
from relying_parties import clients, consents, onboarding
from relying_parties.consents import Decision
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.subscriptions import PUSH, Wish

FEW = 3
_CLAIM = "mailing_address"
_PAGE = f"/account/details/{_CLAIM}"
_PATIENCE = 120.0
_TYPES = ("claims-changed", "credential-change")


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who is signed in and shares the address with all receivers."""

    account: UUID
    cookie: str


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure.

    :ivar changes: saved one after the other, each told to a few services
    :ivar services: told of one change at once; every tenth is down
    :ivar happened: events of the journal, each for a few services
    """

    changes: int
    services: int
    happened: int

    @property
    def down(self) -> int:
        """How many do not hear."""
        return self.services // 10


def run(size: Size) -> None:
    """Start everything, measure, print, stop everything."""
    with standing.database() as base:
        asyncio.run(_measured(base, size))


async def _measured(base: Base, size: Size) -> None:
    async with hearing.receivers() as ears, house.opened(settings.read(base.environment)) as house_:
        few = await _citizen(house_, "few", [ears.port] * FEW)
        down = cycle((ears.silent, ears.closed))
        ports = [ears.port if at % 10 else next(down) for at in range(size.services)]
        many = await _citizen(house_, "many", ports)
        async with standing.gateway(base, 1), _worker(base):
            await _one_by_one(base, ears, few, size.changes)
            await _all_at_once(base, ears, many, size)
            await _as_many_as_can_be(house_, ears, few, size.happened)


async def _one_by_one(base: Base, ears: Hearing, citizen: Citizen, changes: int) -> None:
    took = []
    async with load.browser(base.port, citizen.cookie) as opened:
        for number in range(changes):
            before, begun = ears.events, time.monotonic()
            await _save(opened, f"{number} High Street")
            await ears.until(before + FEW, within=_PATIENCE)
            took.append(time.monotonic() - begun)
    worst = statistics.quantiles(took, n=20)[-1]
    click.echo(
        f"save to receipt by {FEW} services, {changes} changes: median"
        f" {statistics.median(took):.2f} s, p95 {worst:.2f} s:"
        f" {budget.verdict(worst, budget.TOLD_FEW)}"
    )


async def _all_at_once(base: Base, ears: Hearing, citizen: Citizen, size: Size) -> None:
    before = ears.events
    async with load.browser(base.port, citizen.cookie) as opened:
        begun = time.monotonic()
        await _save(opened, "1 Long Road")
        saved = time.monotonic() - begun
        await ears.until(before + size.services - size.down, within=_PATIENCE)
    took = time.monotonic() - begun
    click.echo(
        f"save to receipt by {size.services} services, {size.down} of them down: saved after"
        f" {saved:.2f} s, the last that can hear heard after {took:.2f} s:"
        f" {budget.verdict(took, budget.TOLD_MANY)}"
    )
    ears.back.set()
    begun = time.monotonic()
    await ears.until(before + size.services, within=_PATIENCE)
    told = sum(path.startswith("/many-") for path in ears.heard)
    if told < size.services:
        raise click.ClickException(f"{size.services - told} services were never told")
    click.echo(
        f"the {size.down} are back: the last of them heard after"
        f" {time.monotonic() - begun:.1f} s, and nobody was left out"
    )


async def _as_many_as_can_be(
    runtime: Runtime, ears: Hearing, citizen: Citizen, happened: int
) -> None:
    """Let much happen to one citizen and count how fast it is on its way, and heard."""
    before, whom = ears.events, f"account:{citizen.account}"
    wanted = await _on_their_way(runtime) + FEW * happened
    async with runtime.entry() as entry:
        for _ in range(happened):
            entry.record(PasswordSet(actor=whom, object=whom))
    begun = time.monotonic()
    async with asyncio.timeout(_PATIENCE):
        while await _on_their_way(runtime) < wanted:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)
    queued = time.monotonic() - begun
    await ears.until(before + FEW * happened, within=_PATIENCE)
    heard = time.monotonic() - begun
    rate = FEW * happened / queued
    kept = "held" if rate >= budget.OUTBOX else "missed"
    click.echo(
        f"{happened:,} things that happened, {FEW} services each: {rate:,.0f} events a second on"
        f" their way: {kept} (at least {budget.OUTBOX:,.0f});"
        f" {FEW * happened / heard:,.0f} a second signed, pushed and heard"
    )


async def _on_their_way(runtime: Runtime) -> int:
    """Count the events that are due or told to the few."""
    async with runtime.entry() as entry:
        found = [await delivery.standing(entry, f"few-{number}") for number in range(FEW)]
    return sum(sum(each.values()) for each in found)


async def _save(opened: load.Browser, street: str) -> None:
    """Change the address as a citizen does, on the page, and let all be told who are ticked."""
    page = (await opened.ask("GET", _PAGE, f"cookie: {opened.cookie}\r\n")).decode()
    made = re.findall(r"(?im)^set-cookie: ([^;]+)", page)
    cookies = "; ".join([opened.cookie, *made])
    hidden = dict(re.findall(r'name="(csrf|seen)" value="([^"]*)"', page))
    told = re.findall(r'name="tell" value="([^"]*)"', page)
    form = [*hidden.items(), ("street_address", street), ("locality", "Town")]
    form += [("country_code", "GB"), *(("tell", client_id) for client_id in told)]
    answer = await opened.ask("POST", _PAGE, f"cookie: {cookies}\r\n", urlencode(form))
    load.expect(answer, b"/account/changes?done=told")


async def _citizen(runtime: Runtime, name: str, ports: Sequence[int]) -> Citizen:
    """Open an account that shares its address with a service at each of ``ports``."""
    async with runtime.entry() as entry:
        email = f"{name}@example.test"
        account = await accounts.open_account(entry, runtime.vault, email=email)
        for number, port in enumerate(ports):
            await _service(runtime, entry, f"{name}-{number}", port, account.id)
        _, handle = await sessions.start(
            entry, account.id, kind="citizen", amr=("pop", "user", "mfa"), aal=2, device="bench"
        )
    return Citizen(account.id, f"__Host-sid={handle}")


async def _service(
    runtime: Runtime, entry: Entry, client_id: str, port: int, account_id: UUID
) -> None:
    endpoint = f"http://127.0.0.1:{port}/{client_id}"
    await onboarding.apply(entry, _document(client_id, endpoint), rules=rules(runtime))
    client = await clients.find(entry, client_id)
    if client is None:
        raise click.ClickException(client_id)
    await consents.give(
        entry,
        subject=pairwise.subject(runtime.vault.pairwise, client.sector, account_id),
        client=client,
        citizen=pairwise.seal_citizen(runtime.vault.sealer, account_id, client_id),
        decision=Decision((_CLAIM,), (_CLAIM,), "until", True, "en", b"bench"),
    )
    wish = Wish(PUSH, endpoint, None, None, None, _TYPES)
    await subscriptions.create(entry, client_id, wish)


def _document(client_id: str, endpoint: str) -> dict[str, Any]:
    asked = {"claim": _CLAIM, "need": "needed", "basis": "consent", "why": {"en": "To measure"}}
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": "bench"},
        "spec": {
            "name": {"en": client_id},
            "profile": "oidc-basic",
            "redirectUris": [REDIRECT],
            "auth": {"method": "client_secret_basic"},
            "events": {"types": list(_TYPES), "endpoint": endpoint},
            "purposes": [{"id": "all", "name": {"en": "To measure"}, "claims": [asked]}],
        },
    }


@asynccontextmanager
async def _worker(base: Base) -> AsyncIterator[None]:
    with (base.place / "worker.log").open("ab") as log:
        at_work = subprocess.Popen(  # noqa: ASYNC220 - our own module
            [sys.executable, "-m", "gateway.cli", "worker"],
            env=standing.surroundings(base),
            cwd=base.place,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        at_work.terminate()
        at_work.wait(30)
