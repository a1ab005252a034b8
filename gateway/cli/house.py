"""What commands stand on: settings, a runtime, one unit of work."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway import settings
from gateway.cli import slips
from gateway.runtime import Runtime
from idp.errors import IdentifierInvalid, IdpError
from keys.entry import Entry
from relying_parties.errors import (
    AgencyUnknown,
    ClientUnknown,
    FourEyes,
    RegistrationInvalid,
    RelyingPartyError,
    VersionUnknown,
)

T = TypeVar("T")


# Of what a room refuses; the rest is a conflict with how things are: 4.
CODES: dict[type[Exception], int] = {
    AgencyUnknown: 3,
    ClientUnknown: 3,
    VersionUnknown: 3,
    FourEyes: 5,
}

HOME = Path(".gatehouse")

# What the demo of a home, or its gateway for the conformance suite, runs with while it runs.
DEMO = Path("demo") / "environment.json"
TRIAL = Path("conformance") / "environment.json"


def home() -> Path:
    """Return where a demo and a first key lie: ``--home``, ``GATEHOUSE_HOME`` or ``.gatehouse``."""
    context = click.get_current_context(silent=True)
    return (context and context.find_root().params.get("home")) or HOME


def configured() -> settings.Settings:
    """Read the settings; where none at all is given, those of what runs in this home.

    :raises SettingsInvalid: the first thing that is wrong
    """
    given = {name for name in os.environ if name.startswith("GATEHOUSE_")} - settings.ELSEWHERE
    if given:
        return settings.read()
    running = (path for path in (home() / DEMO, home() / TRIAL) if path.exists())
    found = next(running, None)
    if found is None:
        raise settings.SettingsInvalid(
            "GATEHOUSE_DATABASE_URL is missing: postgresql://user@host/name; and no demo runs in"
            f" {home()}: ./gatehouse demo starts one; for one that runs elsewhere,"
            " ./gatehouse --home THERE …"
        )
    what = "demo" if found == home() / DEMO else "gateway for the conformance suite"
    click.echo(f"· working on the {what} that runs in {home()}", err=True)
    return settings.read(json.loads(found.read_text()))


@asynccontextmanager
async def opened(given: settings.Settings | None = None) -> AsyncIterator[Runtime]:
    """Open the house for one command."""
    runtime = Runtime(given or configured())
    try:
        await runtime.open()
        yield runtime
    finally:
        await runtime.close()


def within(work: Callable[[Runtime, Entry], Awaitable[T]]) -> T:
    """Run ``work`` in one unit of work and return what it returns."""

    async def run() -> T:
        async with opened() as runtime, runtime.entry() as entry:
            return await work(runtime, entry)

    return asyncio.run(run())


def refusing(work: Callable[[Runtime, Entry], Awaitable[T]]) -> T:
    """Run ``work`` as :func:`within` does; what a room refuses is told in a line and a code."""
    try:
        return within(work)
    except RegistrationInvalid as error:
        for where, problem in error.problems:
            click.echo(f"error: {slips.told({}, where, problem)}", err=True)
        sys.exit(6)
    except IdentifierInvalid:
        click.echo("error: that is not an e-mail address", err=True)
        sys.exit(2)
    except (RelyingPartyError, IdpError) as error:
        click.echo(f"error: {error.code.replace('_', ' ')} {error}".rstrip(), err=True)
        sys.exit(CODES.get(type(error), 4))


def show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print records: JSON for programs, columns for people."""
    if as_json:
        click.echo(json.dumps(rows, default=str, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("nothing")
        return
    names = list(rows[0])
    widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in names}
    click.echo("  ".join(name.ljust(widths[name]) for name in names))
    for row in rows:
        click.echo("  ".join(str(row[name]).ljust(widths[name]) for name in names).rstrip())


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="As ./gatehouse --home, which every command takes.",
)
