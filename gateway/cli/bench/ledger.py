"""What the ledger adds to a sign-on, and how long a proof takes in a tree of a million lines."""

import asyncio
import hashlib
import statistics
import time

import click

from gateway import settings
from gateway.cli import house
from gateway.cli.bench import budget, kernel, load, standing
from gateway.cli.bench.load import Load
from gateway.cli.bench.standing import Base
from gateway.runtime import Runtime
from keys import checkpoints, opaque, transparency
from keys.transparency import Leaf
from relying_parties import ledger

PROOFS = 200
_AT_ONCE = 20_000
_BEYOND = 10**12  # no line has such a number


def run(seconds: float, connections: int, lines: int) -> None:
    """Start everything, measure, print, stop everything.

    :param lines: in the tree, when proofs are asked for
    """
    with standing.database() as base:
        asyncio.run(_measured(base, seconds, connections, lines))


async def _measured(base: Base, seconds: float, connections: int, tree: int) -> None:
    async with standing.gateway(base, 1) as gateway:
        at_work = Load(gateway, connections, seconds)
        sign_on = (await at_work.measure("sign-on", load.sign_on)).both_ms
    async with house.opened(settings.read(base.environment)) as runtime:
        lines, spent = await _growth(runtime, base)
        share = 100 * spent / lines / sign_on
        click.echo(
            f"{lines:,} lines sealed in the tree: {spent / lines:.3f} ms of CPU each, database"
            f" included, beside {sign_on:.3f} ms of a sign-on: {share:.1f} %:"
            f" {budget.verdict(share, budget.LEDGER_SHARE)}"
        )
        await _proofs(runtime, tree)


async def _growth(runtime: Runtime, base: Base) -> tuple[int, float]:
    """Let the lines of the sign-ons join the tree; return how many, and the CPU milliseconds."""
    database = base.database.process.pid
    before, lines = time.process_time() + kernel.seconds(database), 0
    quiet = 0
    while quiet < 3:  # what was newest at one look is final at a later one
        async with runtime.entry() as entry:
            grown = await ledger.grow(entry, runtime.keyring, runtime.settings.issuer)
        lines, quiet = lines + grown, 0 if grown else quiet + 1
    return lines, 1000 * (time.process_time() + kernel.seconds(database) - before)


async def _proofs(runtime: Runtime, lines: int) -> None:
    for first in range(0, lines, _AT_ONCE):
        leaves = [
            Leaf(_BEYOND + number, hashlib.sha256(number.to_bytes(8)).digest())
            for number in range(first, first + _AT_ONCE)
        ]
        async with runtime.entry() as entry:
            size = await transparency.append(entry, leaves)
    async with runtime.entry() as entry:
        head = await transparency.head(entry, size)
        await checkpoints.publish(entry, runtime.keyring, runtime.settings.issuer, head)
    took = []
    for _ in range(PROOFS):
        place = int.from_bytes(opaque.random_bytes(8)) % size
        begun = time.perf_counter()
        async with runtime.entry() as entry:
            await transparency.inclusion(entry, [place], size)
        took.append(1000 * (time.perf_counter() - begun))
    worst = max(took)
    click.echo(
        f"{PROOFS} proofs in a tree of {size:,} lines: median {statistics.median(took):.1f} ms,"
        f" the slowest {worst:.1f} ms: {budget.verdict(worst, budget.PROOF_MS)}"
    )
