"""What does a Knative Service say about its function? `manifests` reads it with this."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.manifests.manifest_object import ManifestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.manifests.manifest_object import Part

SCALING = "autoscaling.knative.dev/"
TARGET_DEFAULT = 100.0  # container-concurrency-target-default
UTILIZATION_DEFAULT = 70.0  # percent, container-concurrency-target-percentage
ONLY_IN_A_CLUSTER = (  # fields of a container that mean nothing to a process on this machine
    "image",
    "ports",
    "resources",
    "securityContext",
    "volumeMounts",
    "livenessProbe",
    "imagePullPolicy",
    "name",
)


@dataclass(frozen=True, slots=True)
class Service:
    """A function and its limits; `target_concurrency` is what one instance should have on hand."""

    name: str
    container_concurrency: int
    timeout_s: float
    min_scale: int
    max_scale: int
    target_concurrency: float
    ready_path: str
    environment: Mapping[str, str]

    def instances_for(self, concurrency: int) -> int:
        """Return how many instances so many requests at once are worth, min-scale aside."""
        return min(math.ceil(concurrency / self.target_concurrency), self.max_scale)


def read_service(document: Part, pipeline_env: Mapping[str, str]) -> Service:
    """Read a Service; its environment is what envFrom and env bring. Raises ManifestError."""
    template = document.part("spec").part("template")
    scaling = template.part("metadata").texts("annotations")
    spec = template.part("spec")
    spec.leave("enableServiceLinks", "automountServiceAccountToken", "volumes")
    spec.leave("serviceAccountName")
    containers = spec.parts("containers")
    if len(containers) != 1:
        raise spec.fail("containers", "local-dev plays one container")
    concurrency = spec.number("containerConcurrency", default=0)
    service = Service(
        name=document.part("metadata").text("name"),
        container_concurrency=concurrency,
        timeout_s=spec.number("timeoutSeconds", default=300),
        min_scale=_annotation(scaling, "min-scale", 0),
        max_scale=_annotation(scaling, "max-scale", 0) or 1000,  # 0: no limit
        target_concurrency=_target(scaling, concurrency),
        ready_path=containers[0].part("readinessProbe").part("httpGet").text("path"),
        environment=_environment(containers[0], pipeline_env),
    )
    spec.nothing_else()
    return service


def _annotation(scaling: Mapping[str, str], name: str, default: int) -> int:
    text = scaling.get(SCALING + name, str(default))
    if not text.isdigit():
        raise ManifestError(f"annotation {SCALING}{name} is {text!r}, not a number")
    return int(text)


def _target(scaling: Mapping[str, str], concurrency: int) -> float:
    """Give the requests an instance is meant to have (Serving, ResolveMetricTarget in
    target.go).
    """
    limit = float(concurrency or TARGET_DEFAULT)
    if SCALING + "target" in scaling:
        chosen = float(scaling[SCALING + "target"])
        limit = min(chosen, concurrency) if concurrency else chosen
    percentage = scaling.get(SCALING + "target-utilization-percentage", UTILIZATION_DEFAULT)
    return max(limit * float(percentage) / 100, 0.01)


def _environment(container: Part, pipeline_env: Mapping[str, str]) -> dict[str, str]:
    container.leave(*ONLY_IN_A_CLUSTER)
    environment: dict[str, str] = {}
    for origin in container.parts("envFrom") if container.has("envFrom") else []:
        if origin.has("configMapRef"):
            origin.part("configMapRef").text("name", "pipeline")
            environment |= pipeline_env
        else:
            origin.part("secretRef").leave("name", "optional")  # local-dev sets what it holds
        origin.nothing_else()
    for variable in container.parts("env") if container.has("env") else []:
        environment[variable.text("name")] = variable.text("value")
        variable.nothing_else()
    container.nothing_else()
    return environment
