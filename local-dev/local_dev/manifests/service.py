"""A Knative Service: a function, its limits and its environment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from local_dev.manifests.manifest_object import ManifestObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local_dev.manifests.config_files import ConfigFiles

REVISION = "spec.template.spec"
CONTAINER = f"{REVISION}.containers.0"
SCALING = "spec.template.metadata.annotations.autoscaling.knative.dev"
VISIBILITY = "metadata.labels.networking.knative.dev/visibility"
TARGET_DEFAULT = 100.0  # container-concurrency-target-default
UTILIZATION_DEFAULT = 70.0  # percent, container-concurrency-target-percentage
NO_LIMIT = 1000  # max-scale 0


def _only_text(annotation: object) -> object:
    if not isinstance(annotation, str):
        raise ValueError("an annotation is text")  # noqa: TRY004 - what pydantic expects
    return annotation


_Count = Annotated[int, Field(strict=False, ge=0), BeforeValidator(_only_text)]
_Limit = Annotated[_Count, AfterValidator(lambda count: count or NO_LIMIT)]
_Number = Annotated[float, Field(strict=False, ge=0), BeforeValidator(_only_text)]


class EnvironmentOrigin(ManifestObject):
    """An entry of `envFrom`: pipeline.env, or a Secret, whose content local-dev sets itself."""

    ignored = frozenset({"configMapRef.*", "secretRef"})

    config_map: Literal["pipeline"] | None = Field(None, alias="configMapRef.name")


class Variable(ManifestObject):
    """An entry of `env`."""

    name: str
    value: str


class Volume(ManifestObject):
    """An entry of `volumes`; what is in one that is no ConfigMap is not asked here."""

    ignored = frozenset({"emptyDir", "secret", "projected", "configMap.*"})

    name: str
    config_map: str | None = Field(None, alias="configMap.name")


class Mount(ManifestObject):
    """An entry of `volumeMounts`."""

    ignored = frozenset({"readOnly"})

    name: str
    folder: str = Field(alias="mountPath")


class Service(ManifestObject):
    """A function and its limits."""

    ignored = frozenset(
        {
            "metadata.*",
            "metadata.labels.*",
            "spec.*",
            "spec.template.*",
            "spec.template.metadata.*",
            "spec.template.metadata.annotations.*",
            f"{REVISION}.enableServiceLinks",
            f"{REVISION}.automountServiceAccountToken",
            f"{REVISION}.serviceAccountName",
            f"{CONTAINER}.image",
            f"{CONTAINER}.ports",
            f"{CONTAINER}.resources",
            f"{CONTAINER}.securityContext",
            f"{CONTAINER}.livenessProbe",
            f"{CONTAINER}.imagePullPolicy",
            f"{CONTAINER}.name",
            f"{CONTAINER}.readinessProbe.*",
            f"{CONTAINER}.readinessProbe.httpGet.*",
        }
    )

    api_version: Literal["serving.knative.dev/v1"]
    kind: Literal["Service"]
    name: str = Field(alias="metadata.name")
    visibility: str | None = Field(None, alias=VISIBILITY)
    min_scale: _Count = Field(0, alias=f"{SCALING}/min-scale")
    max_scale: _Limit = Field(NO_LIMIT, alias=f"{SCALING}/max-scale")
    target: _Number | None = Field(None, alias=f"{SCALING}/target")
    utilization: _Number = Field(
        UTILIZATION_DEFAULT, alias=f"{SCALING}/target-utilization-percentage"
    )
    container_concurrency: int = Field(0, alias=f"{REVISION}.containerConcurrency")
    timeout_s: int = Field(300, alias=f"{REVISION}.timeoutSeconds")
    ready_path: str = Field(alias=f"{CONTAINER}.readinessProbe.httpGet.path")
    env_from: list[EnvironmentOrigin] = Field([], alias=f"{CONTAINER}.envFrom")
    env: list[Variable] = Field([], alias=f"{CONTAINER}.env")
    volumes: list[Volume] = Field([], alias=f"{REVISION}.volumes")
    mounts: list[Mount] = Field([], alias=f"{CONTAINER}.volumeMounts")

    @property
    def is_public(self) -> bool:
        return self.visibility != "cluster-local"

    @property
    def target_concurrency(self) -> float:
        """The requests that an instance should have (Serving, ResolveMetricTarget in target.go)."""
        limit = float(self.container_concurrency or TARGET_DEFAULT)
        if self.target is not None:
            limit = min(self.target, limit) if self.container_concurrency else self.target
        return max(limit * self.utilization / 100, 0.01)

    def instances_for(self, concurrency: int) -> int:
        """Return how many instances so many requests at once are worth, min-scale aside."""
        return min(math.ceil(concurrency / self.target_concurrency), self.max_scale)

    def environment(
        self, pipeline_env: Mapping[str, str], config_files: ConfigFiles | None = None
    ) -> dict[str, str]:
        """Return the variables that `envFrom` and `env` bring.

        The path of a mounted file of `config_files` becomes the path that it has here.
        """
        from_pipeline = any(origin.config_map for origin in self.env_from)
        here = dict(self._mounted_files(config_files or {}))
        own = {each.name: here.get(each.value, each.value) for each in self.env}
        return {**(pipeline_env if from_pipeline else {}), **own}

    def _mounted_files(self, config_files: ConfigFiles) -> Iterator[tuple[str, str]]:
        folders = {each.name: each.folder for each in self.mounts}
        for volume in self.volumes:
            for name, path in config_files.get(volume.config_map or "", {}).items():
                yield f"{folders[volume.name]}/{name}", str(path)
