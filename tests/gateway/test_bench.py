import re

import pytest
from click.testing import CliRunner

from gateway.cli.bench import bench, budget

ROW = r"^{} .*\s+\d+(\s+\d+\.\d+){{4}}  (held|missed) \(at most \d\.\d\d\)$"


def test_it_prints_a_table_of_what_each_request_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_MASTER_KEY", "")  # put back afterwards: it sets one of its own

    printed = CliRunner().invoke(bench, ["--seconds", "0.2", "--connections", "2", "--flows", "20"])

    assert printed.exit_code == 0, printed.output
    for what in ("sign-on", "userinfo", "introspect", "refresh", "discovery"):
        assert re.search(ROW.format(what), printed.output, re.MULTILINE), printed.output
    assert re.search(r"DPoP: .* times a plain one: (held|missed)", printed.output)
    assert re.search(r"with two: \d\.\d\d times: (held|missed)", printed.output)
    assert re.search(r"MB after 20 more sign-ons: held", printed.output)
    assert re.search(r"ready after \d+\.\d\d s: (held|missed)", printed.output)


def test_it_prints_how_fast_services_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_MASTER_KEY", "")
    few = ["telling", "--changes", "3", "--services", "20", "--happened", "30"]

    printed = CliRunner().invoke(bench, few)

    assert printed.exit_code == 0, printed.output
    assert re.search(r"by 3 services, 3 changes: .* (held|missed)", printed.output)
    assert re.search(r"by 20 services, 2 of them down: .* (held|missed)", printed.output)
    assert re.search(r"[1-9]\d* events a second on their way: (held|missed)", printed.output)


def test_it_prints_what_the_ledger_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_MASTER_KEY", "")
    short = ["ledger", "--seconds", "0.2", "--connections", "2", "--lines", "20000"]

    printed = CliRunner().invoke(bench, short)

    assert printed.exit_code == 0, printed.output
    assert re.search(r"[1-9]\d* lines sealed in the tree: .* (held|missed)", printed.output)
    assert re.search(r"200 proofs in a tree of 20,\d{3} lines: .* (held|missed)", printed.output)


def test_a_budget_is_held_up_to_its_last_bit() -> None:
    assert budget.verdict(0.18, 0.18) == "held (at most 0.18)"
    assert budget.verdict(0.19, 0.18) == "missed (at most 0.18)"
    assert budget.speed(0.05) > 0
