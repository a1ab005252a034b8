"""The numbered checks that the tests were written from: each is held by a test that is there.

``numbers.yaml`` has every number. One that stands in no test, and in ``checks.yaml`` neither
with its tests nor with why it is not for us, fails here by its own name.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPECIFICATIONS = yaml.safe_load(Path(__file__).with_name("checks.yaml").read_text())
GIVEN = yaml.safe_load(Path(__file__).with_name("numbers.yaml").read_text())

_SPELT = re.compile(r"(?<![A-Za-z0-9])(?:([A-Z][A-Z0-9]{1,4})[-_]|(I))([0-9]+)(?![0-9]|\.[0-9])")


def _listed(member: str) -> dict[str, Any]:
    return {name: told for each in SPECIFICATIONS for name, told in each.get(member, {}).items()}


HELD = {
    check: [told] if isinstance(told, str) else told for check, told in _listed("checks").items()
}
APART = _listed("apart")
NUMBERS = [
    *(f"{group}-{number:02}" for group, some in GIVEN["attacks"].items() for number in some),
    *(f"{group}-{n}" for group, most in GIVEN["checks"].items() for n in range(1, most + 1)),
    *(f"I{n}" for n in range(1, GIVEN["invariants"] + 1)),
    *(f"TRIPS-{n}" for n in range(1, GIVEN["behaviours"] + 1)),
]


@pytest.mark.parametrize("check", HELD)
def test_a_numbered_check_is_held(check: str) -> None:
    for test in HELD[check]:
        path, _, name = test.partition("::")
        function, _, case = name.partition("[")

        assert function in functions(path)
        assert case.removesuffix("]") in (ROOT / path).read_text()


@pytest.mark.parametrize("number", dict.fromkeys(NUMBERS))
def test_no_number_is_left_out(number: str) -> None:
    group = number.partition("-")[0]

    assert number in named() or number in HELD or {number, group} & APART.keys()


def test_what_is_listed_has_a_number() -> None:
    groups = {number.partition("-")[0] for number in NUMBERS}

    assert not {*HELD, *APART} - {*NUMBERS, *groups}


def test_no_check_is_listed_twice() -> None:
    members = [each.get(member, {}) for each in SPECIFICATIONS for member in ("checks", "apart")]
    listed = [name for each in members for name in each]

    assert len(listed) == len({*listed})
    assert all(len(str(why)) > 20 for why in APART.values())


@cache
def functions(path: str) -> frozenset[str]:
    """Return the tests of a file."""
    body = ast.parse((ROOT / path).read_text()).body
    return frozenset(
        item.name for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@cache
def named() -> frozenset[str]:
    """Return the numbers that stand in a test: its name, its docstring, its cases."""
    files = (ROOT / "tests").rglob("test_*.py")
    trees = (ast.parse(file.read_text()) for file in files if file != Path(__file__))
    texts = (text for tree in trees for text in _texts(tree))
    return frozenset(
        f"{group}-{number}" if group else f"I{number}"
        for text in texts
        for group, _, number in _SPELT.findall(text)
    )


def _texts(tree: ast.Module) -> Iterator[str]:
    # What a module says of itself is no test's word.
    for node in (found for part in tree.body[1:] for found in ast.walk(part)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name.upper()
