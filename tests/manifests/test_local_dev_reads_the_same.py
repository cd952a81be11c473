"""What local-dev reads out of the files is what a cluster gets out of kustomize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_dev.manifests.eventing import read_ping, read_sink, read_source, read_topic
from local_dev.manifests.manifest_object import Part
from local_dev.manifests.service import read_service
from local_dev.manifests.system import NAMESPACE, System, read_system
from tests.manifests.rendering import OVERLAYS, ROOT, Document, group_of, rendered, without_overlay

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_THE_CLUSTER = "knative/base as rendered"


@pytest.fixture(scope="module")
def in_the_cluster() -> tuple[Document, ...]:
    return without_overlay()


@pytest.fixture(scope="module")
def here() -> System:
    return read_system(ROOT)


def _parts(documents: tuple[Document, ...], group: str, kind: str) -> list[Part]:
    return [
        Part(_without_namespace(each), ROOT / FROM_THE_CLUSTER)
        for each in documents
        if (group_of(each), each["kind"]) == (group, kind)
    ]


def test_the_sources_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = map(read_source, _parts(in_the_cluster, "sources.knative.dev", "KafkaSource"))

    assert _by_name(here.sources) == _by_name(there)


def test_the_sinks_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = map(read_sink, _parts(in_the_cluster, "eventing.knative.dev", "KafkaSink"))

    assert _by_name(here.sinks) == _by_name(there)


def test_the_ticks_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = map(read_ping, _parts(in_the_cluster, "sources.knative.dev", "PingSource"))

    assert _by_name(here.pings) == _by_name(there)


def test_the_topics_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    there = map(read_topic, _parts(in_the_cluster, "kafka.strimzi.io", "KafkaTopic"))

    assert {each.topic: each for each in here.topics} == {each.topic: each for each in there}


def test_the_services_are_the_same(in_the_cluster: tuple[Document, ...], here: System) -> None:
    (values,) = (each["data"] for each in in_the_cluster if each["kind"] == "ConfigMap")
    documents = [
        _with_plain_name(each._content)
        for each in _parts(in_the_cluster, "serving.knative.dev", "Service")
    ]

    there = [read_service(Part(each, ROOT / FROM_THE_CLUSTER), values) for each in documents]

    assert _by_name(here.services) == _by_name(there)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_is_the_same(overlay: str) -> None:
    """local-dev puts it into the names that dead letters report."""
    (namespace,) = (each for each in rendered(overlay) if each["kind"] == "Namespace")

    assert namespace["metadata"]["name"] == NAMESPACE


def _by_name(things: Any) -> dict[str, Any]:
    return {each.name: each for each in things}


def _without_namespace(document: Document) -> Document:
    metadata = {key: each for key, each in document["metadata"].items() if key != "namespace"}
    return {**document, "metadata": metadata}


def _with_plain_name(service: Mapping[str, Any]) -> Document:
    """Return it as it was before the ConfigMap got its hash."""
    name = next(
        origin["configMapRef"]["name"]
        for origin in service["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        if "configMapRef" in origin
    )
    return {key: _replaced(value, name, "pipeline") for key, value in service.items()}


def _replaced(content: Any, old: str, new: str) -> Any:
    if isinstance(content, dict):
        return {key: _replaced(value, old, new) for key, value in content.items()}
    if isinstance(content, list):
        return [_replaced(each, old, new) for each in content]
    return new if content == old else content
