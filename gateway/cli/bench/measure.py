"""What one sign-on costs, and what a second worker adds: two tables."""

import asyncio

import click

from gateway.cli.bench import kernel, scaling, standing
from gateway.cli.bench.load import SCENARIOS, Load, Result
from gateway.cli.bench.standing import Base


def run(seconds: float, connections: int) -> None:
    """Start everything, measure, print the tables, stop everything."""
    with standing.database() as base:
        asyncio.run(_costs(base, seconds, connections))
        asyncio.run(scaling.show(base, seconds, connections))


async def _costs(base: Base, seconds: float, connections: int) -> None:
    async with standing.gateway(base, 1) as gateway:
        before = kernel.memory(gateway.pid)
        load = Load(gateway, connections, seconds)
        results = [await load.measure(what, steps) for what, steps in SCENARIOS]
        _show(results)
        after = kernel.memory(gateway.pid)
        click.echo(
            f"\nmemory of the worker: {before:.0f} MB at the start, {after:.0f} MB at the end"
        )
        click.echo(f"ready after {gateway.ready_after:.2f} s")


def _show(results: list[Result]) -> None:
    click.echo(f"{'':38} {'done/s':>8} {'server ms':>10} {'database ms':>12} {'both ms':>8}")
    for one in results:
        both = one.server_ms + one.database_ms
        click.echo(
            f"{one.what:38} {one.per_second:8.0f} {one.server_ms:10.3f}"
            f" {one.database_ms:12.3f} {both:8.3f}"
        )
