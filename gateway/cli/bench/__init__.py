"""The benchmark's own part: what things cost on this machine, printed as tables."""

import click


@click.group(invoke_without_command=True)
@click.option("--seconds", default=5.0, show_default=True)
@click.option("--connections", default=16, show_default=True, help="For each worker.")
@click.option("--flows", default=10_000, show_default=True, help="Sign-ons until memory is read.")
@click.pass_context
def bench(context: click.Context, seconds: float, connections: int, flows: int) -> None:
    """Measure one sign-on, and its parts, on this machine."""
    if context.invoked_subcommand is None:
        from gateway.cli.bench import measure  # noqa: PLC0415 - nobody else needs it loaded

        measure.run(seconds, connections, flows)


@bench.command("telling")
@click.option("--changes", default=50, show_default=True, help="One after the other.")
@click.option("--services", default=400, show_default=True, help="Told of one change at once.")
@click.option("--happened", default=4000, show_default=True, help="Events in the outbox at once.")
def tell(changes: int, services: int, happened: int) -> None:
    """Measure how fast services are told of a change."""
    from gateway.cli.bench import telling  # noqa: PLC0415 - nobody else needs it loaded

    telling.run(telling.Size(changes, services, happened))


@bench.command("ledger")
@click.option("--seconds", default=5.0, show_default=True, help="Of sign-ons.")
@click.option("--connections", default=16, show_default=True)
@click.option("--lines", default=1_000_000, show_default=True, help="Of the tree.")
def prove(seconds: float, connections: int, lines: int) -> None:
    """Measure what the ledger costs, and how long a proof takes."""
    from gateway.cli.bench import ledger  # noqa: PLC0415 - nobody else needs it loaded

    ledger.run(seconds, connections, lines)
