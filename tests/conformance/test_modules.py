"""What the suite judged, we hold ourselves: every test that ``modules.yaml`` names is there.

The suite runs by hand, as docs/conformance.md tells; its modules were seen to pass. From then
on the named test keeps what the module looked at.
"""

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLANS = yaml.safe_load(Path(__file__).with_name("modules.yaml").read_text())
HELD = {(plan["plan"], module): test for plan in PLANS for module, test in plan["modules"].items()}


@pytest.mark.parametrize(("plan", "module"), HELD, ids="/".join)
def test_a_module_that_passed_is_held_by_a_test_of_ours(plan: str, module: str) -> None:
    path, _, name = (HELD[plan, module] or "").partition("::")
    function, _, case = name.partition("[")

    assert function in functions(path)
    # Ids of cases stand in the file, each in one piece.
    assert case.removesuffix("]") in (ROOT / path).read_text()


def test_no_plan_is_listed_twice() -> None:
    assert len({plan["plan"] for plan in PLANS}) == len(PLANS)


@cache
def functions(path: str) -> frozenset[str]:
    """Return the functions of a file of tests."""
    body = ast.parse((ROOT / path).read_text()).body
    return frozenset(
        item.name for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    )
