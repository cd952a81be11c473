"""Which system do eventing/ and knative/ describe? The pipeline runs what this returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from local_dev.manifests.eventing import (
    API_VERSIONS,
    Ping,
    Sink,
    Source,
    Topic,
    read_ping,
    read_sink,
    read_source,
    read_topic,
)
from local_dev.manifests.manifest_object import ManifestError, Part
from local_dev.manifests.replacements import (
    apply_replacements,
    read_pipeline_env,
    read_replacements,
)
from local_dev.manifests.service import Service, read_service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAMESPACE = "telemetry"  # overlays set it; the arrows' names in the cluster contain it
NOT_A_MANIFEST = "kustomization.yaml"


@dataclass(frozen=True, slots=True)
class System:
    """The boxes and the arrows."""

    services: tuple[Service, ...]
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    sinks: tuple[Sink, ...]
    pings: tuple[Ping, ...]


def read_system(root: Path, given: Mapping[str, str] | None = None) -> System:
    """Read the manifests under the repository `root`; `given` values win over pipeline.env's.

    So a topic that the developer's shell names is the functions', the KafkaSources' and the
    KafkaSink's.

    Raises ManifestError, naming file and field, for what is wrong, and for what a cluster would
    heed and local-dev would not.
    """
    env_file = root / "knative" / "pipeline.env"
    stated = read_pipeline_env(env_file.read_text(encoding="utf-8"), env_file)
    pipeline_env = {name: (given or {}).get(name) or value for name, value in stated.items()}
    wiring_file = root / "knative" / "wiring" / NOT_A_MANIFEST
    (wiring,) = _documents(wiring_file)
    replacements = read_replacements(Part(wiring, wiring_file), pipeline_env)
    parts: dict[str, list[Part]] = {kind: [] for kind in API_VERSIONS}
    for file in _files(root):
        for document in _documents(file):
            apply_replacements(document, replacements, file)
            _sort_in(parts, Part(document, file))
    return System(
        services=tuple(read_service(each, pipeline_env) for each in parts["Service"]),
        topics=tuple(map(read_topic, parts["KafkaTopic"])),
        sources=tuple(map(read_source, parts["KafkaSource"])),
        sinks=tuple(map(read_sink, parts["KafkaSink"])),
        pings=tuple(map(read_ping, parts["PingSource"])),
    )


def _files(root: Path) -> list[Path]:
    folders = (root / "eventing", root / "knative" / "services")
    found = [file for folder in folders for file in sorted(folder.glob("*.yaml"))]
    return [file for file in found if file.name != NOT_A_MANIFEST]


def _documents(file: Path) -> list[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ManifestError(f"{file}: {error}") from error
    for document in documents:
        if not isinstance(document, dict):
            raise ManifestError(f"{file}: a document is not a mapping")
    return documents


def _sort_in(parts: dict[str, list[Part]], document: Part) -> None:
    kind = document.text("kind")
    if kind not in API_VERSIONS:
        return  # what only a cluster has, such as a NetworkPolicy or a name reference file
    document.text("apiVersion", API_VERSIONS[kind])
    document.leave("metadata", "spec")
    document.nothing_else()
    parts[kind].append(document)
