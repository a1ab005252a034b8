"""The chart renders, holds to Kubernetes' own schema and refuses values that mean nothing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.support import helm

pytestmark = pytest.mark.helm

VALUES = sorted(path.name for path in (helm.ROOT / "helm" / "ci").glob("*-values.yaml"))
Render = Callable[[str], list[dict[str, Any]]]


def test_the_chart_passes_helms_own_lint_without_any_values(chart: Path) -> None:
    done = helm.run("lint", "--strict", str(chart))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("values", VALUES)
def test_the_chart_passes_helms_own_lint(chart: Path, values: str) -> None:
    done = helm.run("lint", "--strict", str(chart), "--values", str(chart / "ci" / values))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("values", VALUES)
def test_kubernetes_accepts_every_object(render: Render, values: str) -> None:
    objects = render(values)

    # HTTPRoute belongs to the Gateway API, which Kubernetes' own schema does not contain.
    for document in objects:
        if document["kind"] != "HTTPRoute":
            kubernetes_validate.validate(document, "1.37", strict=True)
    assert objects


@pytest.mark.parametrize("values", VALUES)
def test_no_two_objects_share_a_name(render: Render, values: str) -> None:
    names = [(document["kind"], document["metadata"]["name"]) for document in render(values)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("unheard=1", id="unknown-name"),
        pytest.param("web.unheard=1", id="unknown-name-inside"),
        pytest.param("secret.masterKey=abc", id="secret-as-a-value"),
        pytest.param("settings.issuer=http://id.northtown.example", id="issuer-without-tls"),
        pytest.param("settings.issuer=https://id.northtown.example/", id="issuer-with-a-path"),
        pytest.param("settings.issuer=https://id.northtown.example:443", id="issuer-with-443"),
        pytest.param("settings.defaultLocale=de", id="locale-that-nobody-translated"),
        pytest.param("settings.poolSize=0", id="no-connection"),
        pytest.param("settings.environment=test", id="environment-of-tests"),
        pytest.param("settings.legacyResponseTypes=some", id="switch-that-is-no-switch"),
        pytest.param("settings.trustedProxies={everyone}", id="proxy-that-is-no-address"),
        pytest.param("image.digest=latest", id="digest-that-is-none"),
        pytest.param("web.replicas=1", id="one-replica"),
        pytest.param("web.resources.limits=null", id="no-limits"),
        pytest.param("autoscaling.minReplicas=1", id="scaled-down-to-one"),
        pytest.param("keyRotation.schedule=sometimes", id="schedule-that-is-none"),
        pytest.param("httpRoute.enabled=true", id="route-without-a-gateway"),
        pytest.param("mutualTls.address=https://m.example", id="certificates-from-nobody"),
        pytest.param("mutualTls.certificateHeader=x-cert", id="header-of-nobody"),
        pytest.param("web.drainSeconds=60", id="killed-while-draining"),
        pytest.param("extraEnv[0].name=GATEHOUSE_MASTER_KEY", id="secret-by-the-back-door"),
        pytest.param("extraEnv[0].name=GATEHOUSE_COUNTRY", id="setting-with-a-value-of-its-own"),
    ],
)
def test_a_value_that_means_nothing_is_refused(chart: Path, setting: str) -> None:
    smallest = str(chart / "ci" / "smallest-values.yaml")
    extra = ["--set", "extraEnv[0].value=x"] if setting.startswith("extraEnv") else []

    done = helm.run(
        "template", "gatehouse", str(chart), "--values", smallest, "--set", setting, *extra
    )

    assert done.returncode != 0
    assert setting.split(".", maxsplit=1)[0].partition("=")[0].partition("[")[0] in done.stderr


@pytest.mark.parametrize(
    "value", ["image.repository", "settings.issuer", "settings.mailFrom", "secret.name"]
)
def test_what_nobody_can_choose_for_you_must_be_given(chart: Path, value: str) -> None:
    smallest = str(chart / "ci" / "smallest-values.yaml")

    done = helm.run(
        "template", "gatehouse", str(chart), "--values", smallest, "--set-string", f"{value}="
    )

    assert done.returncode != 0
    assert value in done.stderr


def test_every_value_is_described(chart: Path) -> None:
    described = _rows((chart / "README.md").read_text("utf-8"))

    missing = {
        name
        for name in _leaves(yaml.safe_load((chart / "values.yaml").read_text("utf-8")))
        if not any(name == row or name.startswith(f"{row}.") for row in described)
    }

    assert not missing


def _rows(text: str) -> set[str]:
    """The names in the first column; those after the first stand in the same group."""
    found = set[str]()
    for cell in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        first, *others = re.findall(r"`([\w.]+)`", cell)
        group = first.rpartition(".")[0]
        found |= {first, *(f"{group}.{other}".lstrip(".") for other in others)}
    return found


def _leaves(values: dict[str, Any], above: str = "") -> set[str]:
    found = set[str]()
    for name, value in values.items():
        inside = bool(value) and isinstance(value, dict)
        found |= _leaves(value, f"{above}{name}.") if inside else {above + name}
    return found
