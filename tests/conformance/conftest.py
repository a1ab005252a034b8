"""``-m conformance`` runs what holds the suite's modules, and ends with a score of each plan."""

import pytest

from tests.support import conformance


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what holds a module, wherever it stands."""
    for item in items:
        if conformance.names(item.nodeid):
            item.add_marker(pytest.mark.conformance)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell the score, if the run was about it."""
    if config.getoption("markexpr") != "conformance":
        return
    told = {
        outcome: [report.nodeid for report in terminalreporter.stats.get(outcome, ())]
        for outcome in ("passed", "failed", "error", "skipped")
    }
    bad = [nodeid for outcome in told if outcome != "passed" for nodeid in told[outcome]]
    terminalreporter.section("passed / total of the suite's plans")
    for plan in conformance.plans():
        passed = conformance.score(plan, told["passed"], bad)
        terminalreporter.line(f"{passed:4} / {plan['of']:3}  {plan['plan']}")
