"""What an administrator who never reads the templates may rely on."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import helm

pytestmark = pytest.mark.helm

Object = dict[str, Any]
Render = Callable[[str], list[Object]]
VALUES = sorted(path.name for path in (helm.ROOT / "helm" / "ci").glob("*-values.yaml"))
SECRET = {"GATEHOUSE_DATABASE_URL", "GATEHOUSE_MASTER_KEY", "GATEHOUSE_SMTP_URL"}


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod's name and spec, however deep its object holds it."""
    for document in objects:
        spec = document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        spec = spec.get("template", {}).get("spec", spec)
        if "containers" in spec:
            yield document["metadata"]["name"], spec


def named(objects: list[Object], kind: str, name: str) -> Object:
    [found] = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


def kinds(objects: list[Object]) -> set[str]:
    return {document["kind"] for document in objects}


@pytest.mark.parametrize("values", VALUES)
def test_every_pod_is_confined(render: Render, values: str) -> None:
    for name, pod in pods(render(values)):
        [container] = pod["containers"]
        inside = container["securityContext"]

        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["runAsUser"] == 65532, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not pod["automountServiceAccountToken"], name
        assert inside["readOnlyRootFilesystem"], name
        assert not inside["allowPrivilegeEscalation"], name
        assert inside["capabilities"] == {"drop": ["ALL"]}, name


@pytest.mark.parametrize("values", VALUES)
def test_every_container_has_its_limits(render: Render, values: str) -> None:
    for name, pod in pods(render(values)):
        for container in pod["containers"]:
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], name


@pytest.mark.parametrize("values", VALUES)
def test_kubernetes_adds_no_settings_of_its_own(render: Render, values: str) -> None:
    # A Service named gatehouse would otherwise set GATEHOUSE_PORT to tcp://…
    for name, pod in pods(render(values)):
        assert pod["enableServiceLinks"] is False, name


@pytest.mark.parametrize("values", VALUES)
def test_secrets_come_by_reference_only(render: Render, values: str) -> None:
    objects = render(values)

    assert "Secret" not in kinds(objects)
    for document in objects:
        assert document["kind"] != "ConfigMap" or not SECRET & document["data"].keys()
    for name, pod in pods(objects):
        for entry in pod["containers"][0].get("env", []):
            assert entry["name"] not in SECRET or "secretKeyRef" in entry["valueFrom"], name


@pytest.mark.parametrize("values", VALUES)
def test_no_environment_name_is_given_twice(render: Render, values: str) -> None:
    for name, pod in pods(render(values)):
        given = [entry["name"] for entry in pod["containers"][0].get("env", [])]

        assert len(given) == len(set(given)), name


def test_citizens_meet_a_pod_that_is_ready_and_lose_none_that_serves(render: Render) -> None:
    spec = named(render("smallest-values.yaml"), "Deployment", "gatehouse-web")["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    paths = [
        container[f"{p}Probe"]["httpGet"]["path"] for p in ("startup", "liveness", "readiness")
    ]

    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert paths == ["/health/started", "/health/live", "/health/ready"]
    drains = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < drains < pod["terminationGracePeriodSeconds"]
    assert len(pod["topologySpreadConstraints"]) == 2


def test_tables_are_moved_before_anything_new_serves(render: Render) -> None:
    job = named(render("everything-values.yaml"), "Job", "identity-migrate")
    pod = job["spec"]["template"]["spec"]
    [database] = [e for e in pod["containers"][0]["env"] if e["name"] == "GATEHOUSE_DATABASE_URL"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert pod["containers"][0]["args"] == ["migrate"]
    # Nothing of the release exists yet at the first install.
    assert "envFrom" not in pod["containers"][0]
    assert pod["serviceAccountName"] == "default"
    assert database["valueFrom"]["secretKeyRef"] == {"name": "identity-owner", "key": "url"}


def test_keys_are_rotated_by_the_clock(render: Render) -> None:
    job = named(render("smallest-values.yaml"), "CronJob", "gatehouse-keys")
    [container] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]

    assert container["args"] == ["keys", "rotate"]
    assert job["spec"]["concurrencyPolicy"] == "Forbid"


def test_services_declared_in_the_values_are_applied_after_the_upgrade(render: Render) -> None:
    objects = render("everything-values.yaml")
    job = named(objects, "Job", "identity-apply")
    pod = job["spec"]["template"]["spec"]
    [directory] = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "registrations"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "post-install,post-upgrade"
    assert pod["containers"][0]["args"] == ["apply", "-f", directory["mountPath"]]
    assert "northtown.yaml" in named(objects, "ConfigMap", "identity-registrations")["data"]


def test_the_network_is_closed_unless_said_otherwise(render: Render) -> None:
    objects = render("smallest-values.yaml")
    every = named(objects, "NetworkPolicy", "gatehouse")["spec"]
    web = named(objects, "NetworkPolicy", "gatehouse-web")["spec"]
    [outward] = [rule for rule in every["egress"] if "to" in rule]

    assert every["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in every
    assert [rule["ports"] for rule in web["ingress"]] == [[{"port": "http", "protocol": "TCP"}]]
    # The address of a cloud's metadata service above all.
    assert "169.254.0.0/16" in outward["to"][0]["ipBlock"]["except"]


def test_one_drained_node_takes_one_replica(render: Render) -> None:
    objects = render("smallest-values.yaml")

    for part in ("web", "worker"):
        budget = named(objects, "PodDisruptionBudget", f"gatehouse-{part}")["spec"]
        pod = named(objects, "Deployment", f"gatehouse-{part}")["spec"]["template"]["metadata"]

        assert budget["maxUnavailable"] == 1
        assert budget["selector"]["matchLabels"].items() <= pod["labels"].items()


def test_the_autoscaler_alone_counts_replicas(render: Render) -> None:
    objects = render("everything-values.yaml")
    scaler = named(objects, "HorizontalPodAutoscaler", "identity-web")["spec"]

    assert "replicas" not in named(objects, "Deployment", "identity-web")["spec"]
    assert scaler["minReplicas"] >= 2


def test_an_image_is_run_by_its_digest(render: Render) -> None:
    images = {pod["containers"][0]["image"] for _, pod in pods(render("everything-values.yaml"))}

    assert len(images) == 1
    assert re.fullmatch(r"\S+/gatehouse:0\.1\.0@sha256:[0-9a-f]{64}", images.pop())


def test_the_way_in_is_the_issuer(render: Render) -> None:
    objects = render("everything-values.yaml")
    ingress = named(objects, "Ingress", "identity")["spec"]
    route = named(objects, "HTTPRoute", "identity")["spec"]

    assert ingress["rules"][0]["host"] == "id.northtown.example"
    assert ingress["tls"] == [{"hosts": ["id.northtown.example"], "secretName": "id-tls"}]
    assert route["hostnames"] == ["id.northtown.example"]
    assert route["rules"][0]["backendRefs"] == [{"name": "identity", "port": 80}]


def test_what_is_switched_off_is_gone(render: Render) -> None:
    assert kinds(render("bare-values.yaml")) == {"ConfigMap", "Deployment", "Job", "Pod", "Service"}
