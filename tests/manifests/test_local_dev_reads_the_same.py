"""What local-dev reads out of the files is what a cluster gets out of kustomize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from local_dev.manifests.eventing import Ping, Sink, Source, Topic
from local_dev.manifests.manifest_object import ManifestObject, read
from local_dev.manifests.service import Service
from local_dev.manifests.system import NAMESPACE, System, read_system
from tests.manifests.rendering import OVERLAYS, ROOT, Document, group_of, rendered, without_overlay

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T", bound=ManifestObject)

FROM_THE_CLUSTER = "knative/base as rendered"
KINDS: dict[type[ManifestObject], str] = {
    Source: "KafkaSource",
    Sink: "KafkaSink",
    Ping: "PingSource",
    Topic: "KafkaTopic",
    Service: "Service",
}


@pytest.fixture(scope="module")
def in_the_cluster() -> tuple[Document, ...]:
    return without_overlay()


@pytest.fixture(scope="module")
def here() -> System:
    return read_system(ROOT)


def _read(documents: tuple[Document, ...], group: str, model: type[T]) -> list[T]:
    kind = KINDS[model]
    return [
        read(model, each, ROOT / FROM_THE_CLUSTER)
        for each in documents
        if (group_of(each), each["kind"]) == (group, kind)
    ]


def test_the_sources_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = _read(in_the_cluster, "sources.knative.dev", Source)

    assert _by_name(here.sources) == _by_name(there)


def test_the_sinks_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = _read(in_the_cluster, "eventing.knative.dev", Sink)

    assert _by_name(here.sinks) == _by_name(there)


def test_the_ticks_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = _read(in_the_cluster, "sources.knative.dev", Ping)

    assert _by_name(here.pings) == _by_name(there)


def test_the_topics_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = _read(in_the_cluster, "kafka.strimzi.io", Topic)

    assert {each.topic: each for each in here.topics} == {each.topic: each for each in there}


def test_the_services_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    documents = tuple(
        _with_plain_names(in_the_cluster, each)
        for each in in_the_cluster
        if (group_of(each), each["kind"]) == ("serving.knative.dev", "Service")
    )

    there = _read(documents, "serving.knative.dev", Service)

    assert _by_name(here.services) == _by_name(there)


def test_the_environment_is_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    (values,) = (each["data"] for each in _config_maps(in_the_cluster, "pipeline"))

    environments = [each.environment(here.pipeline_env) for each in here.services]

    assert environments == [each.environment(values) for each in here.services]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_is_the_same(overlay: str) -> None:
    """local-dev puts it into the names that dead letters report."""
    (namespace,) = (each for each in rendered(overlay) if each["kind"] == "Namespace")

    assert namespace["metadata"]["name"] == NAMESPACE


def test_the_mounted_files_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    (there,) = (each["data"] for each in _config_maps(in_the_cluster, "rules"))

    texts = {name: path.read_text() for name, path in here.config_files["rules"].items()}

    assert texts == there


def _config_maps(documents: tuple[Document, ...], name: str) -> list[Document]:
    """Return those of this name, with a hash behind it."""
    maps = [each for each in documents if each["kind"] == "ConfigMap"]
    return [each for each in maps if each["metadata"]["name"].startswith(f"{name}-")]


def _by_name(things: Any) -> dict[str, Any]:
    return {each.name: each for each in things}


def _with_plain_names(documents: tuple[Document, ...], service: Mapping[str, Any]) -> Document:
    """Return it as it was before the ConfigMaps got their hashes."""
    names = [each["metadata"]["name"] for each in documents if each["kind"] == "ConfigMap"]
    plain = {name: name.rpartition("-")[0] for name in names}
    return {key: _replaced(value, plain) for key, value in service.items()}


def _replaced(content: Any, names: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _replaced(value, names) for key, value in content.items()}
    if isinstance(content, list):
        return [_replaced(each, names) for each in content]
    return names.get(content, content) if isinstance(content, str) else content
