"""The system that eventing/ and knative/ describe, read from their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from local_dev.manifests.config_files import Base
from local_dev.manifests.eventing import Ping, Sink, Source, Topic
from local_dev.manifests.manifest_object import ManifestError, ManifestObject, read
from local_dev.manifests.replacements import Component, fill_in, read_pipeline_env
from local_dev.manifests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from local_dev.manifests.config_files import ConfigFiles

NAMESPACE = "telemetry"  # overlays set it; names in the cluster contain it
KUSTOMIZATION = "kustomization.yaml"
KINDS: dict[str, type[ManifestObject]] = {
    "Service": Service,
    "KafkaTopic": Topic,
    "KafkaSource": Source,
    "KafkaSink": Sink,
    "PingSource": Ping,
}


@dataclass(frozen=True, slots=True)
class System:
    """The functions, and the topics, sources and sinks between them."""

    pipeline_env: Mapping[str, str]
    config_files: ConfigFiles
    services: tuple[Service, ...]
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]
    sinks: tuple[Sink, ...]
    pings: tuple[Ping, ...]


def read_system(root: Path, given: Mapping[str, str] | None = None) -> System:
    """Read the manifests under the repository `root`; `given` values win over pipeline.env's.

    So a topic that the developer's shell names is the functions', the KafkaSources' and the
    KafkaSink's. Raise ManifestError, naming file and field, for what is wrong, and for what a
    cluster would heed and local-dev would not.
    """
    env_file = root / "knative" / "pipeline.env"
    stated = read_pipeline_env(env_file.read_text(encoding="utf-8"), env_file)
    pipeline_env = {name: (given or {}).get(name) or value for name, value in stated.items()}
    found = list(_objects(root, pipeline_env))
    base = root / "knative" / "base"
    (content,) = _documents(base / KUSTOMIZATION)
    return System(
        pipeline_env=pipeline_env,
        config_files=read(Base, content, base / KUSTOMIZATION).config_files(base),
        services=tuple(each for each in found if isinstance(each, Service)),
        topics=tuple(each for each in found if isinstance(each, Topic)),
        sources=tuple(each for each in found if isinstance(each, Source)),
        sinks=tuple(each for each in found if isinstance(each, Sink)),
        pings=tuple(each for each in found if isinstance(each, Ping)),
    )


def _objects(root: Path, pipeline_env: Mapping[str, str]) -> Iterator[ManifestObject]:
    wiring = root / "knative" / "wiring" / KUSTOMIZATION
    (content,) = _documents(wiring)
    component = read(Component, content, wiring)
    for folder in (root / "eventing", root / "knative" / "services"):
        for file in sorted(folder.glob("*.yaml")):
            if file.name == KUSTOMIZATION:
                continue
            for document in _documents(file):
                fill_in(document, component, pipeline_env, file)
                yield from _understood(document, file)


def _understood(document: dict[str, Any], file: Path) -> Iterator[ManifestObject]:
    if "kind" not in document:
        raise ManifestError(f"{file}: kind: is missing")
    if document["kind"] in KINDS:  # others only a cluster has, such as a NetworkPolicy
        yield read(KINDS[document["kind"]], document, file)


def _documents(file: Path) -> list[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ManifestError(f"{file}: {error}") from error
    for document in documents:
        if not isinstance(document, dict):
            raise ManifestError(f"{file}: a document is not a mapping")
    return documents
