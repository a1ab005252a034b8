"""The tree shows the architecture: what every module, name and floor must be."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "idp", "relying_parties", "keys")
MODULES = sorted(
    path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts
)
BANNED = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc", "base"}

# The first release without a known advisory, or the one whose behaviour we rely on.
FLOORS = {
    "authlib": (1, 9, 9),
    "pyjwt": (2, 15, 1),
    "joserfc": (1, 6, 1),
    "starlette": (1, 3, 1),
    "webauthn": (3, 0, 1),
    "cryptography": (49, 0, 0),
    "sqlalchemy": (2, 1, 0),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring
    assert len(docstring) > 20


def test_no_module_is_a_heap() -> None:
    assert not [name(path) for path in MODULES if path.stem in BANNED]


def test_every_module_can_be_read_in_a_sitting() -> None:
    lines = {name(path): path.read_text().count("\n") for path in MODULES}

    assert not {path: count for path, count in lines.items() if count > 400}


def test_the_top_level_is_the_plan() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    folders = {line.split("/")[0] for line in tracked if "/" in line}

    assert folders - {".ci"} == {*ROOMS, "helm", "tests", "docs"}


@pytest.mark.parametrize("package", FLOORS)
def test_a_floor_is_not_lowered(package: str) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    line = next(item for item in declared if re.match(rf"{package}\b", item))
    floor = tuple(int(part) for part in re.search(r">=([\d.]+)", line).group(1).split("."))  # type: ignore[union-attr]
    installed = tuple(int(part) for part in re.findall(r"\d+", version(package))[:3])

    assert floor >= FLOORS[package][: len(floor)]
    assert installed >= FLOORS[package]


def test_the_arrows_point_down() -> None:
    # In a process of its own: the analysis keeps whole syntax trees in memory.
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"(#.*\b(TO" + "DO|FIX" + "ME|X" + "XX)\\b|raise NotImplemented" + "Error)")
    found = [name(path) for path in MODULES if marks.search(path.read_text())]

    assert not found
