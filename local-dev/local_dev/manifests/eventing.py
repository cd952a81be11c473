"""What do the arrows say: topics, sources, sinks? `manifests` reads them with this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from local_dev.durations import seconds_of
from local_dev.manifests.delivery_rule import DeliveryRule
from local_dev.manifests.key_type import KeyType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.manifests.manifest_object import Part

API_VERSIONS = {
    "KafkaTopic": "kafka.strimzi.io/v1",
    "KafkaSource": "sources.knative.dev/v1",
    "KafkaSink": "eventing.knative.dev/v1alpha1",
    "PingSource": "sources.knative.dev/v1",
    "Service": "serving.knative.dev/v1",
}
KEY_TYPE_LABEL = "kafkasources.sources.knative.dev/key-type"
_EVERY_MINUTES = re.compile(r"\*/([1-9]\d?) \* \* \* \*")


@dataclass(frozen=True, slots=True)
class Topic:
    """A KafkaTopic; replicas are the broker's affair on one machine."""

    topic: str
    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """The object that an arrow points at."""

    kind: Literal["Service", "KafkaSink"]
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """A KafkaSource."""

    name: str
    topic: str
    group: str
    ordering: Literal["ordered", "unordered"]
    initial_offset: Literal["earliest", "latest"]
    rule: DeliveryRule
    key_type: KeyType
    overrides: Mapping[str, str]
    sink: Reference
    dead_letter_sink: Reference | None


@dataclass(frozen=True, slots=True)
class Sink:
    """A KafkaSink."""

    name: str
    topic: str


@dataclass(frozen=True, slots=True)
class Ping:
    """A PingSource that speaks every so many minutes."""

    name: str
    every_minutes: int
    content_type: str | None
    data: str
    sink: Reference


def read_topic(document: Part) -> Topic:
    """Read a KafkaTopic. Raises ManifestError, as all readers here do."""
    spec = document.part("spec")
    spec.leave("replicas")
    config = spec.plain("config")
    config.pop("min.insync.replicas", None)  # of several brokers
    topic = Topic(spec.text("topicName"), spec.number("partitions"), config)
    spec.nothing_else()
    return topic


def read_source(document: Part) -> Source:
    """Read a KafkaSource; its delivery block must be complete, its group explicit."""
    metadata, spec = document.part("metadata"), document.part("spec")
    labels = metadata.texts("labels")
    spec.only_text("bootstrapServers")
    delivery = spec.part("delivery")
    overrides = spec.part_or_none("ceOverrides")
    dead_letter_sink = delivery.part_or_none("deadLetterSink")
    source = Source(
        name=metadata.text("name"),
        topic=spec.only_text("topics"),
        group=spec.text("consumerGroup"),
        ordering=cast(
            "Literal['ordered', 'unordered']", spec.text("ordering", "ordered", "unordered")
        ),
        initial_offset=cast(
            "Literal['earliest', 'latest']", spec.text("initialOffset", "earliest", "latest")
        ),
        rule=_rule(delivery),
        key_type=KeyType(labels.get(KEY_TYPE_LABEL, "string")),
        overrides=overrides.texts("extensions") if overrides else {},
        sink=_reference(spec.part("sink")),
        dead_letter_sink=_reference(dead_letter_sink) if dead_letter_sink else None,
    )
    delivery.nothing_else()
    spec.nothing_else()
    return source


def read_sink(document: Part) -> Sink:
    """Read a KafkaSink."""
    spec = document.part("spec")
    spec.only_text("bootstrapServers")
    spec.text("contentMode", "binary")
    sink = Sink(document.part("metadata").text("name"), spec.text("topic"))
    spec.nothing_else()
    return sink


def read_ping(document: Part) -> Ping:
    """Read a PingSource whose schedule is of the form `*/n * * * *`."""
    spec = document.part("spec")
    schedule = _EVERY_MINUTES.fullmatch(spec.text("schedule"))
    if schedule is None:
        raise spec.fail("schedule", "local-dev plays schedules like */10 * * * *")
    ping = Ping(
        name=document.part("metadata").text("name"),
        every_minutes=int(schedule[1]),
        content_type=spec.text("contentType") if spec.has("contentType") else None,
        data=spec.text("data", default=""),
        sink=_reference(spec.part("sink")),
    )
    spec.nothing_else()
    return ping


def _rule(delivery: Part) -> DeliveryRule:
    policy = delivery.text("backoffPolicy", "linear", "exponential")
    retry = delivery.number("retry")
    if retry < 0:
        raise delivery.fail("retry", "is negative")
    return DeliveryRule(
        retry=retry,
        backoff_policy=cast("Literal['linear', 'exponential']", policy),
        backoff_delay_s=_seconds(delivery, "backoffDelay"),
        timeout_s=_seconds(delivery, "timeout"),
    )


def _seconds(part: Part, field: str) -> float:
    try:
        return seconds_of(part.text(field))
    except ValueError as error:
        raise part.fail(field, str(error)) from error


def _reference(destination: Part) -> Reference:
    ref = destination.part("ref")
    kind = cast("Literal['Service', 'KafkaSink']", ref.text("kind", "Service", "KafkaSink"))
    ref.text("apiVersion", API_VERSIONS[kind])
    reference = Reference(kind, ref.text("name"))
    ref.nothing_else()
    destination.nothing_else()
    return reference
