"""How far a function scales, how much it takes at once, and how long it may take: within bounds.

The bounds are of knative/serving 1.23: pkg/apis/autoscaling/annotation_validation.go, config/core/
configmaps/defaults.yaml, and pkg/queue for the drain.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.settings import DashboardSettings
from tests.manifests.rendering import OVERLAYS, container_of, services, sources

FUNCTIONS = ("ingest", "aggregate", "alert", "dlq", "dashboard")
EACH = [(overlay, name) for overlay in OVERLAYS for name in FUNCTIONS]
SCALING = "autoscaling.knative.dev/"
SCALING_ANNOTATIONS = {SCALING + name for name in ("min-scale", "max-scale", "window", "target")}
MAX_REVISION_TIMEOUT_S = 600
DRAIN_S = 30  # queue-proxy waits so long without a request before the process gets SIGTERM
SECONDS = re.compile(r"PT(\d+)S")


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_scaling_annotations_stand_on_the_template_and_within_their_bounds(
    overlay: str, name: str
) -> None:
    service = services(overlay)[name]
    annotations = service["spec"]["template"]["metadata"]["annotations"]
    smallest, largest = _scale(annotations)
    window = re.fullmatch(r"(\d+)s", annotations[SCALING + "window"])

    assert set(annotations) <= SCALING_ANNOTATIONS
    assert not _scaling_annotations_of(service["metadata"]), "there they would do nothing"
    assert 0 <= smallest <= largest
    assert window is not None
    assert 6 <= int(window[1]) <= 3600


@pytest.mark.parametrize(
    ("overlay", "name", "scale"),
    [
        ("production", "ingest", (2, 10)),
        ("production", "dashboard", (2, 8)),
        ("production", "aggregate", (0, 5)),
        ("production", "alert", (0, 3)),
        ("production", "dlq", (0, 1)),
        ("kind", "ingest", (1, 10)),
        ("kind", "dashboard", (0, 8)),
        ("test", "ingest", (1, 10)),
        ("test", "dashboard", (0, 8)),
        ("dev", "aggregate", (1, 5)),
        ("dev", "dlq", (1, 1)),
    ],
)
def test_a_function_scales_between(overlay: str, name: str, scale: tuple[int, int]) -> None:
    annotations = services(overlay)[name]["spec"]["template"]["metadata"]["annotations"]

    assert _scale(annotations) == scale


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_a_process_has_time_to_end(overlay: str, name: str) -> None:
    """The pod's grace period is timeoutSeconds, and SIGTERM comes after the drain."""
    timeout_s = _spec(services(overlay)[name])["timeoutSeconds"]

    assert 2 * DRAIN_S <= timeout_s <= MAX_REVISION_TIMEOUT_S


@pytest.mark.parametrize(("overlay", "name"), EACH)
def test_concurrency_and_resources_are_bounded(overlay: str, name: str) -> None:
    service = services(overlay)[name]
    resources = container_of(service)["resources"]

    assert 1 <= _spec(service)["containerConcurrency"] <= 1000
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("source", ["raw-to-aggregate", "raw-to-alert", "dlq-to-dlq"])
def test_a_function_may_take_as_long_as_its_source_waits(overlay: str, source: str) -> None:
    """Else a 504 of queue-proxy would come before the source's own timeout."""
    spec = sources(overlay)[source]["spec"]
    function = services(overlay)[spec["sink"]["ref"]["name"]]
    attempt = SECONDS.fullmatch(spec["delivery"]["timeout"])

    assert attempt is not None
    assert int(attempt[1]) <= _spec(function)["timeoutSeconds"]


@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_what_one_dispatcher_sends_at_once_fits_into_one_instance_and_its_queue(name: str) -> None:
    """At most 99 requests are in flight, and queue-proxy holds 10 times containerConcurrency."""
    concurrency = _spec(services("production")[name])["containerConcurrency"]

    assert concurrency * 11 > 99


def _spec(service: dict[str, Any]) -> dict[str, Any]:
    spec = service["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def _scale(annotations: dict[str, str]) -> tuple[int, int]:
    return int(annotations[SCALING + "min-scale"]), int(annotations[SCALING + "max-scale"])


def _scaling_annotations_of(metadata: dict[str, Any]) -> list[str]:
    return [each for each in metadata.get("annotations", {}) if each.startswith(SCALING)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_stream_of_events_ends_by_itself_and_takes_no_place_of_a_query(overlay: str) -> None:
    """At timeoutSeconds queue-proxy cuts it off; beyond containerConcurrency requests wait."""
    spec = _spec(services(overlay)["dashboard"])
    settings = DashboardSettings()

    assert settings.events_seconds <= spec["timeoutSeconds"] - 5
    assert settings.events_max_clients + 50 <= spec["containerConcurrency"]
