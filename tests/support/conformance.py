"""What the OpenID Foundation's suite judged, and the tests of ours that hold the same."""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LISTED = Path(__file__).parents[1] / "conformance" / "modules.yaml"


@cache
def plans() -> list[Mapping[str, Any]]:
    """Return the plans, each with its modules that passed and with how many it has."""
    found: list[Mapping[str, Any]] = yaml.safe_load(LISTED.read_text())
    return found


def holds(test: str, nodeid: str) -> bool:
    """Whether ``nodeid`` is a case of ``test``, which names a function and perhaps a case.

    :param nodeid: where workers share the tests, with ``@`` and the group that goes to one
    """
    function, _, case = test.partition("[")
    ran, _, ids = nodeid.partition("[")
    return ran.partition("@")[0] == function and case.removesuffix("]") in ids


def names(nodeid: str) -> bool:
    """Whether any module is held by ``nodeid``."""
    return any(holds(test, nodeid) for test in _tests(nodeid.partition("[")[0]))


def score(plan: Mapping[str, Any], good: Collection[str], bad: Collection[str]) -> int:
    """Count the modules of ``plan`` whose test ran and passed, in every case of it."""
    return sum(_passed(test, good, bad) for test in plan["modules"].values())


def scores(told: Mapping[str, Collection[str]]) -> list[str]:
    """Return a line for each plan.

    :param told: the node ids of the tests that ran, by how they ended
    """
    bad = [nodeid for outcome in told if outcome != "passed" for nodeid in told[outcome]]
    return [
        f"{score(plan, told['passed'], bad):4} / {plan['of']:3}  {plan['plan']}" for plan in plans()
    ]


def _passed(test: str, good: Collection[str], bad: Collection[str]) -> bool:
    ran = any(holds(test, nodeid) for nodeid in good)
    return ran and not any(holds(test, nodeid) for nodeid in bad)


@cache
def _tests(function: str) -> tuple[str, ...]:
    every = (test for plan in plans() for test in plan["modules"].values())
    return tuple(test for test in every if test.partition("[")[0] == function)
