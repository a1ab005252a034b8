"""Every rendering that the tests look at, rendered once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import helm

CHART = helm.ROOT / "helm"
Objects = list[dict[str, Any]]


@cache
def rendered(values: str) -> Objects:
    done = helm.run("template", "gatehouse", str(CHART), "--values", str(CHART / "ci" / values))
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.fixture
def chart() -> Path:
    return CHART


@pytest.fixture
def render() -> Callable[[str], Objects]:
    return rendered
