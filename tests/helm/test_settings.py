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


def test_certificates_come_to_a_host_of_their_own(render: Render) -> None:
    """RFC 8705 §5: and the authorities are where the setting says."""
    objects = render("everything-values.yaml")
    [settings] = [o["data"] for o in objects if o["metadata"]["name"].endswith("-settings")]
    hosts = [o["spec"]["rules"][0]["host"] for o in objects if o["kind"] == "Ingress"]
    [web] = [o["spec"]["template"]["spec"] for o in objects if "strategy" in o.get("spec", {})]
    [container] = web["containers"]
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    from_map = {v["name"]: v.get("configMap", {}).get("name") for v in web["volumes"]}

    assert hosts == ["id.northtown.example", "mtls.id.northtown.example"]
    assert settings["GATEHOUSE_MTLS_ADDRESS"] == "https://mtls.id.northtown.example"
    assert settings["GATEHOUSE_CERTIFICATE_HEADER"] == "client-cert"
    assert settings["GATEHOUSE_CLIENT_AUTHORITIES"] == f"{mounted['client-authorities']}/ca.pem"
    assert from_map["client-authorities"] == "client-authorities"
