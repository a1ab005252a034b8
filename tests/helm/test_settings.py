"""The chart and the program agree on names: the program refuses a setting it does not know."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings

pytestmark = pytest.mark.helm

Render = Callable[[str], list[dict[str, Any]]]
FIELDS = [field.name for field in dataclasses.fields(Settings)]
# The key itself never becomes a field: keys.master reads it and keeps what it derives.
KNOWN = {f"GATEHOUSE_{name.upper()}" for name in FIELDS} | {"GATEHOUSE_MASTER_KEY"}

# Why the chart has no value for a setting.
LEFT_OUT = {
    "master_key_file": "the key comes by the environment: a mounted file is open to its group",
    "allow_loopback": "no service stands on a pod's own machine; refused in production",
    "rate_limits": "whoever can reach a cluster is not alone with it; refused in production",
    "open_registration": "whoever can reach a cluster would be served; refused in production",
    "conformance": "for one machine and the suite on it; refused in production",
}


def given(objects: list[dict[str, Any]]) -> set[str]:
    """The settings that a rendering sets, by the ConfigMap or by the environment of its pods."""
    [declared] = [o["data"] for o in objects if o["metadata"]["name"].endswith("-settings")]
    [web] = [
        o for o in objects if o["metadata"]["name"].endswith("-web") and "strategy" in o["spec"]
    ]
    [container] = web["spec"]["template"]["spec"]["containers"]
    return {*declared, *(e["name"] for e in container["env"] if e["name"].startswith("GATE"))}


@pytest.mark.parametrize("values", ["smallest-values.yaml", "everything-values.yaml"])
def test_the_product_knows_every_setting_of_the_chart(render: Render, values: str) -> None:
    found = given(render(values))

    assert len(found) >= 10
    assert found <= KNOWN


def test_the_chart_sets_every_setting_or_leaves_it_out_with_a_reason(render: Render) -> None:
    found = given(render("everything-values.yaml"))

    missing = {name for name in FIELDS if f"GATEHOUSE_{name.upper()}" not in found}

    assert missing == LEFT_OUT.keys()


def test_what_the_chart_sets_has_no_back_door(render: Render, chart: Path) -> None:
    """``extraEnv`` would win over the value of the same setting, and nobody would see why."""
    schema = json.loads((chart / "values.schema.json").read_text("utf-8"))
    name = schema["properties"]["extraEnv"]["items"]["properties"]["name"]

    assert sorted(name["not"]["enum"]) == sorted(given(render("everything-values.yaml")))


def test_older_response_types_are_off_until_somebody_wants_them(render: Render) -> None:
    def switch(values: str) -> str:
        [data] = [o["data"] for o in render(values) if o["metadata"]["name"].endswith("-settings")]
        return str(data["GATEHOUSE_LEGACY_RESPONSE_TYPES"])

    assert (switch("smallest-values.yaml"), switch("everything-values.yaml")) == ("false", "true")


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
