"""What the suite judged, we hold ourselves: every test that ``modules.yaml`` names is there.

The suite runs by hand, as docs/conformance.md tells; its modules were seen to pass. From then
on the named test keeps what the module looked at.
"""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support import conformance

ROOT = Path(__file__).parents[2]
HELD = {
    (plan["plan"], module): test
    for plan in conformance.plans()
    for module, test in plan["modules"].items()
}

pytestmark = pytest.mark.conformance


@pytest.mark.parametrize(("plan", "module"), HELD, ids="/".join)
def test_a_module_that_passed_is_held_by_a_test_of_ours(plan: str, module: str) -> None:
    path, _, name = (HELD[plan, module] or "").partition("::")
    function, _, case = name.partition("[")

    assert function in functions(path)
    # Ids of cases stand in the file, each in one piece.
    assert case.removesuffix("]") in (ROOT / path).read_text()


def test_no_plan_is_listed_twice() -> None:
    plans = conformance.plans()

    assert len({plan["plan"] for plan in plans}) == len(plans)


def test_no_more_is_held_than_a_plan_has() -> None:
    for plan in conformance.plans():
        assert len(plan["modules"]) <= plan["of"], plan["plan"]


def test_a_module_is_held_by_a_test_that_passed_in_every_case() -> None:
    plan = {
        "modules": {"one": "a.py::test_x", "two": "a.py::test_y[case]", "three": "a.py::test_z"}
    }
    good = ["a.py::test_x[1]", "a.py::test_x@demo", "a.py::test_y[a-case]@demo"]

    assert conformance.score(plan, good, ()) == 2
    assert conformance.score(plan, good, ["a.py::test_x[3]", "a.py::test_y[other]"]) == 1


def test_a_run_by_several_workers_ends_with_the_score(tmp_path: Path) -> None:
    how = ["-n", "1", "-q", "-p", "no:cacheprovider", "-m", "conformance", "-k", "none_of_them"]
    # Without a folder of its own it would close ours to the user that runs the database.
    how.append(f"--basetemp={tmp_path / 'run'}")

    told = subprocess.run(
        [sys.executable, "-m", "pytest", *how, "tests/spec/test_discovery.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"   0 /   1  {conformance.plans()[0]['plan']}" in told.stdout


@cache
def functions(path: str) -> frozenset[str]:
    """Return the functions of a file of tests."""
    body = ast.parse((ROOT / path).read_text()).body
    return frozenset(
        item.name for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    )
