"""The five Services are such that Knative takes them without a warning, and nobody else gets in.

What it takes is in knative/serving 1.23: pkg/apis/serving/fieldmask.go, and
config/core/configmaps/features.yaml for what is off.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.manifests.rendering import (
    OVERLAYS,
    ROOT,
    container_of,
    of_kind,
    rendered,
    services,
)

FUNCTIONS = ("ingest", "aggregate", "alert", "dlq", "dashboard")
EACH = [(overlay, name) for overlay in OVERLAYS for name in FUNCTIONS]
POD_FIELDS = {  # of fieldmask.go, less those behind feature flags, which are off by default
    "containerConcurrency",
    "timeoutSeconds",
    "enableServiceLinks",
    "automountServiceAccountToken",
    "containers",
    "volumes",
}
CONTAINER_FIELDS = {
    "image",
    "env",
    "envFrom",
    "ports",
    "readinessProbe",
    "livenessProbe",
    "resources",
    "securityContext",
    "volumeMounts",
}
VOLUMES = {"emptyDir", "secret", "configMap", "projected"}
DRAIN_S = 30  # queue-proxy waits so long without a request before the process gets SIGTERM


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_there_are_five_functions(overlay: str) -> None:
    assert set(services(overlay)) == set(FUNCTIONS)


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_a_service_uses_no_field_that_is_off_by_default(overlay: str, name: str) -> None:
    service = services(overlay)[name]

    assert set(service["spec"]["template"]["spec"]) <= POD_FIELDS
    assert set(container_of(service)) <= CONTAINER_FIELDS


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_volumes_are_of_kinds_that_are_on_and_secrets_are_read_only(
    overlay: str, name: str
) -> None:
    service = services(overlay)[name]
    volumes = {each["name"]: set(each) - {"name"} for each in _spec(service)["volumes"]}

    writable = {
        each["name"] for each in container_of(service)["volumeMounts"] if not each.get("readOnly")
    }

    assert set().union(*volumes.values()) <= VOLUMES
    assert writable == {each for each, kind in volumes.items() if kind == {"emptyDir"}}


@pytest.mark.parametrize("overlay", ["kind", "production", "test"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_container_may_do_nothing_that_it_does_not_need(overlay: str, name: str) -> None:
    """The four that Knative warns of where they are missing, and a root that is read-only."""
    assert container_of(services(overlay)[name])["securityContext"] == {
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_there_is_one_port_and_no_reserved_variable(overlay: str, name: str) -> None:
    container = container_of(services(overlay)[name])
    variables = {each["name"] for each in container.get("env", [])}

    assert container["ports"] == [{"containerPort": 8080}]
    assert not variables & {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_readiness_is_asked_aggressively_and_liveness_does_not_kill_a_busy_process(
    overlay: str, name: str
) -> None:
    """With a period, a cold start would wait for the next one; without, no timeout may be set."""
    container = container_of(services(overlay)[name])
    live = container["livenessProbe"]

    assert container["readinessProbe"] == {"httpGet": {"path": "/health/ready"}}
    assert live["httpGet"] == {"path": "/health/live"}
    assert live["periodSeconds"] * live["failureThreshold"] >= DRAIN_S


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_ingest_and_dashboard_are_public(overlay: str) -> None:
    visibility = {
        name: service["metadata"].get("labels", {}).get("networking.knative.dev/visibility")
        for name, service in services(overlay).items()
    }

    assert visibility == {
        "ingest": None,
        "dashboard": None,
        "aggregate": "cluster-local",
        "alert": "cluster-local",
        "dlq": "cluster-local",
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_domain_name_leads_to_a_private_function(overlay: str) -> None:
    """A DomainMapping would make it public, whatever its label says."""
    mappings = of_kind(rendered(overlay, ("domains",)), "serving.knative.dev", "DomainMapping")
    claims = yaml.safe_load_all((ROOT / "knative" / "domains" / "claims.yaml").read_text())

    assert {each["spec"]["ref"]["name"] for each in mappings.values()} == {"ingest", "dashboard"}
    assert {each["metadata"]["name"] for each in claims} == set(mappings)


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_an_image_is_named_like_its_function(overlay: str, name: str) -> None:
    """Without a tag: skaffold, or a line of your overlay, says which one."""
    assert container_of(services(overlay)[name])["image"] == f"iot-telemetry-{name}"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_but_knative_posts_to_an_event_function(overlay: str) -> None:
    (policy,) = of_kind(rendered(overlay), "networking.k8s.io", "NetworkPolicy").values()
    (selected,) = policy["spec"]["podSelector"]["matchExpressions"]

    assert set(selected["values"]) == {"aggregate", "alert", "dlq"}
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert all(each.get("from") for each in policy["spec"]["ingress"]), "an empty from is everybody"


def _spec(service: dict[str, Any]) -> dict[str, Any]:
    spec = service["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec
