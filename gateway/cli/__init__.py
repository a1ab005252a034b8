"""The command line: the same words as the administrators' pages.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 changed meanwhile, 5 not
allowed, 6 invalid configuration, 7 unreachable.
"""

import importlib
import socket
import sys
from pathlib import Path

import click

from gateway.settings import SettingsInvalid
from keys.errors import DatabaseBusy, KeysError

# A worker that serves needs one of these modules and would carry all of them in memory.
_COMMANDS = {
    "demo": "demo",
    "conformance": "conformance",
    "serve": "serving",
    "worker": "setup",
    "migrate": "setup",
    "check": "checking",
    "init": "setup",
    "keys": "keys",
    "rp": "services",
    "agency": "agencies",
    "member": "agencies",
    "apply": "applying",
    "admin": "admin",
    "account": "account",
    "audit": "audit",
    "erasures": "erasures",
    "bench": "bench",
}


class _Commands(click.Group):
    """Commands whose modules are read when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"gateway.cli.{module}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="GATEHOUSE_HOME",
    help="Where the demo lives that a command works on.  [default: .gatehouse]",
)
def gatehouse(home: Path | None) -> None:
    """Gatehouse: one verified login for every public service.

    Commands that need settings take them from the environment; where there are none, those
    of the demo that runs. Besides these, ./gatehouse test runs every test, and ./gatehouse ci
    everything that judges a change.
    """


def main() -> None:
    """Run a command; what went wrong is told in three lines, never as a trace."""
    try:
        installed = Path(sys.argv[0]).name == "gatehouse"  # else the file beside this package
        gatehouse(prog_name="gatehouse" if installed else "./gatehouse", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SettingsInvalid as error:
        _fail(6, "the configuration is not valid", str(error), "see docs/operating.md")
    except DatabaseBusy:
        _fail(7, "the database can't be reached", "GATEHOUSE_DATABASE_URL", "gatehouse check")
    except KeysError as error:
        _fail(6, error.code.replace("_", " "), str(error), "gatehouse init")
    except Exception as error:
        what = _of_the_database(error)
        if what is None:
            raise
        _fail(*what)


def _of_the_database(error: Exception) -> tuple[int, str, str, str] | None:
    """Say what the database's own errors mean here; ``None`` for an error that is ours."""
    import asyncpg  # noqa: PLC0415 - a command that serves needs no second hold on it

    error = getattr(error, "orig", None) or error  # as Alembic wraps it
    name = getattr(error, "sqlstate", None)
    if name in ("42P01", "3F000"):
        return 6, "the database has no schema of ours", str(error), "gatehouse migrate"
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return 7, "the database refuses", str(error), "gatehouse check"
    if isinstance(error, ConnectionError | socket.gaierror | TimeoutError):
        return 7, "the database can't be reached", str(error), "gatehouse check"
    return None


def _fail(code: int, what: str, because: str, advice: str) -> None:
    click.echo(f"error: {what}\nbecause: {because}\ntry: {advice}", err=True)
    sys.exit(code)
