"""What one sign-on costs, what a second worker adds, and whether that is within the budget."""

import asyncio

import click

from gateway.cli.bench import budget, kernel, keyed, load, scaling, standing
from gateway.cli.bench.load import SCENARIOS, Load, Result
from gateway.cli.bench.standing import Base


def run(seconds: float, connections: int, flows: int) -> None:
    """Start everything, measure, print the tables, stop everything.

    :param flows: sign-ons after which the memory is read
    """
    with standing.database() as base:
        asyncio.run(_costs(base, seconds, connections, flows))
        asyncio.run(scaling.show(base, seconds, connections))


async def _costs(base: Base, seconds: float, connections: int, flows: int) -> None:
    async with standing.gateway(base, 1) as gateway:
        ready = gateway.ready_after
        before = kernel.memory(gateway.pid)
        at_work = Load(gateway, connections, seconds)
        results = [await at_work.measure(what, steps) for what, steps in SCENARIOS]
        with_keys = await at_work.measure("with keys", keyed.sign_on)
        _show(results, with_keys)
        await at_work.repeat(load.sign_on, flows)
        after = kernel.memory(gateway.pid)
    click.echo(
        f"\nmemory of the worker: {before:.0f} MB at the start, {after:.0f} MB after {flows:,} more"
        f" sign-ons: {budget.verdict(after, budget.MEGABYTES)}"
    )
    click.echo(
        f"ready after {ready:.2f} s: {budget.verdict(ready, budget.READY)};"
        f" {gateway.ready_cpu:.2f} s of it at work, the rest waiting for a core"
    )


def _show(results: list[Result], with_keys: Result) -> None:
    click.echo(
        f"{'CPU of each':38} {'done/s':>8} {'server ms':>10} {'database ms':>12} {'both ms':>8}"
        f" {'judged':>8}  budget"
    )
    for one in results:
        name = one.what.partition(" ")[0]
        counted = one.both_ms if name == "sign-on" else one.server_ms
        judged = counted * one.speed / budget.REFERENCE
        click.echo(
            f"{one.what:38} {one.per_second:8.0f} {one.server_ms:10.3f}"
            f" {one.database_ms:12.3f} {one.both_ms:8.3f} {judged:8.3f}"
            f"  {budget.verdict(judged, budget.CPU_MS[name])}"
        )
    times = with_keys.both_ms * with_keys.speed / (results[0].both_ms * results[0].speed)
    click.echo(
        f"\na sign-on with PAR, private_key_jwt and DPoP: {with_keys.both_ms:.3f} ms,"
        f" {times:.2f} times a plain one: {budget.verdict(times, budget.KEYED)}"
    )
    speed = sum(one.speed for one in results) / len(results)
    click.echo(
        "\njudged: both shares of a sign-on, the server's of the others, scaled from this core"
        f"\n({speed:.0f} RSA-2048 signatures a CPU second) to one with {budget.REFERENCE:.0f}."
        f"\nFor comparison: node oidc-provider on PostgreSQL takes {budget.PEER_SIGN_ON} ms"
        " for a sign-on; half of it is the budget."
    )
