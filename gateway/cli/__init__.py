"""The command line: the same words as the administrators' pages.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 changed meanwhile, 5 not
allowed, 6 invalid configuration, 7 unreachable.
"""

import importlib
import sys

import click

from gateway.settings import SettingsInvalid
from keys.errors import DatabaseBusy, KeysError

# A worker that serves needs one of these modules and would carry all of them in memory.
_COMMANDS = {
    "demo": "demo",
    "serve": "serving",
    "worker": "setup",
    "migrate": "setup",
    "check": "setup",
    "init": "setup",
    "keys": "keys",
    "rp": "services",
    "apply": "services",
    "admin": "admin",
    "audit": "audit",
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
def gatehouse() -> None:
    """Gatehouse: one verified login for every public service."""


def main() -> None:
    """Run a command; what went wrong is told in three lines, never as a trace."""
    try:
        gatehouse(standalone_mode=False)
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


def _fail(code: int, what: str, because: str, advice: str) -> None:
    click.echo(f"error: {what}\nbecause: {because}\ntry: {advice}", err=True)
    sys.exit(code)
