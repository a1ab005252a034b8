"""The numbered checks that the tests were written from: each is held by a test that is there."""

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LISTED = Path(__file__).with_name("checks.yaml")
SPECIFICATIONS = yaml.safe_load(LISTED.read_text())
HELD = {check: test for each in SPECIFICATIONS for check, test in each["checks"].items()}


@pytest.mark.parametrize("check", HELD)
def test_a_numbered_check_is_held(check: str) -> None:
    path, _, name = HELD[check].partition("::")
    function, _, case = name.partition("[")

    assert function in functions(path)
    assert case.removesuffix("]") in (ROOT / path).read_text()


def test_no_check_is_listed_twice() -> None:
    assert len(HELD) == sum(len(each["checks"]) for each in SPECIFICATIONS)


@cache
def functions(path: str) -> frozenset[str]:
    """Return the tests of a file."""
    body = ast.parse((ROOT / path).read_text()).body
    return frozenset(
        item.name for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    )
