"""The command line: the same words as the administrators' pages.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 changed meanwhile, 5 not
allowed, 6 invalid configuration, 7 unreachable.
"""

import sys

import click

from gateway.cli import admin, audit, bench, demo, keys, services, setup
from gateway.settings import SettingsInvalid
from keys.errors import DatabaseBusy, KeysError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def gatehouse() -> None:
    """Gatehouse: one verified login for every public service."""


for command in (
    demo.demo,
    setup.serve,
    setup.worker,
    setup.migrate,
    setup.check,
    setup.init,
    keys.keys,
    services.rp,
    services.apply,
    admin.admin,
    audit.audit,
    bench.bench,
):
    gatehouse.add_command(command)


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
