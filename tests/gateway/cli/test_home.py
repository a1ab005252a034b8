"""Whose house a command works on, and from where it reads the files that it is given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.cli.conftest import Command
from tests.support.demo import ROOT

AGENCY = """
apiVersion: gatehouse/v1
kind: Agency
metadata: {id: elsewhere}
spec: {name: {en: Elsewhere}, contact: help@example.test}
"""
NOTHING = ("GATEHOUSE_DATABASE_URL", "GATEHOUSE_MASTER_KEY_FILE", "GATEHOUSE_ENVIRONMENT",
           "GATEHOUSE_ISSUER", "GATEHOUSE_ALLOW_LOOPBACK")  # fmt: skip
WITHOUT: dict[str, str | None] = dict.fromkeys(NOTHING)


@pytest.fixture
def elsewhere(environment: dict[str, str], tmp_path: Path) -> Path:
    """The home of a demo that runs; not the one of this folder."""
    home = tmp_path / "a home"
    (home / "demo").mkdir(parents=True)
    (home / "demo" / "environment.json").write_text(json.dumps(environment))
    return home


def test_every_command_works_on_the_demo_of_the_home_that_is_named(
    gatehouse: Command, elsewhere: Path
) -> None:
    named = gatehouse("--home", str(elsewhere), "keys", "list", **WITHOUT)
    by_environment = gatehouse("keys", "list", **WITHOUT, GATEHOUSE_HOME=str(elsewhere))

    assert named.code == by_environment.code == 0, named.err
    assert named.out == by_environment.out
    assert str(elsewhere) in named.err


def test_a_command_works_on_the_gateway_for_the_suite(
    gatehouse: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "conformance").mkdir()
    (tmp_path / "conformance" / "environment.json").write_text(json.dumps(environment))

    ran = gatehouse("--home", str(tmp_path), "keys", "list", **WITHOUT)

    assert ran.code == 0, ran.err
    assert "conformance suite" in ran.err


def test_without_settings_and_demo_it_is_told_how(gatehouse: Command) -> None:
    ran = gatehouse("keys", "list", **WITHOUT)

    assert ran.code == 6
    assert "GATEHOUSE_DATABASE_URL is missing" in ran.err
    assert "--home" in ran.err
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["error", "because", "try"]


def test_settings_go_before_a_demo(gatehouse: Command, elsewhere: Path) -> None:
    ran = gatehouse("--home", str(elsewhere), "keys", "list")

    assert ran.code == 0
    assert not ran.err


def test_a_key_is_made_in_the_home_that_is_named(gatehouse: Command, tmp_path: Path) -> None:
    assert gatehouse("--home", "here", "init").code == 0
    assert gatehouse("init", "--home", "there").code == 0

    assert (tmp_path / "here" / "master.key").exists()
    assert (tmp_path / "there" / "master.key").exists()


def test_a_file_is_meant_in_the_folder_of_whoever_calls(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Of ./gatehouse, too; a module that lies there by chance is not ours."""
    (tmp_path / "agency.yaml").write_text(AGENCY)
    (tmp_path / "keys.py").write_text("raise SystemExit('not ours')")
    clean = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}

    ran = subprocess.run(
        [sys.executable, ROOT / "gatehouse", "apply", "-f", "agency.yaml"],
        cwd=tmp_path,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "Agency elsewhere: " in ran.stdout


def test_help_says_how_it_is_called_and_names_what_only_the_file_does(gatehouse: Command) -> None:
    told = gatehouse("--help").out

    assert "--home" in told
    assert "./gatehouse test" in told
    assert "./gatehouse ci" in told
