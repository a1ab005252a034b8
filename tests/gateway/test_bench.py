import re

import pytest
from click.testing import CliRunner

from gateway.cli.bench import bench

ROW = r"^{} .*\s+\d+(\s+\d+\.\d+){{3}}$"


def test_it_prints_a_table_of_what_each_request_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_MASTER_KEY", "")  # put back afterwards: it sets one of its own

    printed = CliRunner().invoke(bench, ["--seconds", "0.2", "--connections", "2"])

    assert printed.exit_code == 0, printed.output
    for what in ("sign-on", "userinfo", "introspect", "refresh", "discovery"):
        assert re.search(ROW.format(what), printed.output, re.MULTILINE), printed.output
    assert re.search(r"with two: \d\.\d\d times", printed.output)
