"""What tests of the command line stand on: a database of their own, and the command itself."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.cli import main
from gateway.postgres import free_port
from keys import master
from tests.conftest import create_database


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(scope="module")
def environment(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a gateway whose schema is there and empty."""
    name = f"gatehouse_cli_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    key = tmp_path_factory.mktemp("house") / "keys" / "master.key"
    master.create(key)
    return {
        "GATEHOUSE_DATABASE_URL": asyncio.run(create_database(postgres_url, name)),
        "GATEHOUSE_MASTER_KEY_FILE": str(key),
        "GATEHOUSE_ENVIRONMENT": "test",
        "GATEHOUSE_ISSUER": f"http://127.0.0.1:{free_port()}",
        "GATEHOUSE_ALLOW_LOOPBACK": "true",
    }


@pytest.fixture
def gatehouse(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run a command as a shell does, with ``given`` settings on top."""
    for name in os.environ:
        if name.startswith("GATEHOUSE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **given: str | None) -> Ran:
        with monkeypatch.context() as patch:
            for name, text in {**environment, **given}.items():
                if text is not None:
                    patch.setenv(name, text)
            patch.setattr(sys, "argv", ["gatehouse", *arguments])
            code: object = 0
            try:
                main()
            except SystemExit as left:
                code = left.code or 0
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Ran(int(str(code)), said.out, said.err)

    return run
