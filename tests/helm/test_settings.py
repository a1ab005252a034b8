"""The chart and the program agree on names: the program refuses a setting it does not know."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from gateway.settings import Settings

pytestmark = pytest.mark.helm

Render = Callable[[str], list[dict[str, Any]]]
# The key itself never becomes a field: keys.master reads it and keeps what it derives.
KNOWN = {f"GATEHOUSE_{field.name.upper()}" for field in dataclasses.fields(Settings)}
KNOWN |= {"GATEHOUSE_MASTER_KEY"}


@pytest.mark.parametrize("values", ["smallest-values.yaml", "everything-values.yaml"])
def test_the_product_knows_every_setting_of_the_chart(render: Render, values: str) -> None:
    objects = render(values)
    [declared] = [o["data"] for o in objects if o["metadata"]["name"].endswith("-settings")]
    [web] = [
        o for o in objects if o["metadata"]["name"].endswith("-web") and "strategy" in o["spec"]
    ]
    [container] = web["spec"]["template"]["spec"]["containers"]

    given = declared.keys() | {e["name"] for e in container["env"] if e["name"].startswith("GATE")}

    assert len(given) >= 10
    assert given <= KNOWN
