"""The benchmark's own part: one sign-on, what it costs, printed as a table."""

import click


@click.command()
@click.option("--seconds", default=5.0, show_default=True)
@click.option("--connections", default=16, show_default=True, help="For each worker.")
@click.option("--flows", default=10_000, show_default=True, help="Sign-ons until memory is read.")
def bench(seconds: float, connections: int, flows: int) -> None:
    """Measure one sign-on, and its parts, on this machine."""
    from gateway.cli.bench import measure  # noqa: PLC0415 - nobody else needs it loaded

    measure.run(seconds, connections, flows)
