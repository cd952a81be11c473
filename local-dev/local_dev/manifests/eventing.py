"""The topics, sources and sinks of the manifests."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeInt, model_validator

from local_dev.manifests.manifest_object import ManifestObject

KEY_TYPE = "metadata.labels.kafkasources.sources.knative.dev/key-type"
_API_VERSIONS = {"Service": "serving.knative.dev/v1", "KafkaSink": "eventing.knative.dev/v1alpha1"}
# pydantic also reads signs, weeks, months and years, which Knative measures otherwise or not at all
_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_OF_SEVERAL_BROKERS = "min.insync.replicas"
_Name = Annotated[str, Field(alias="metadata.name")]


class KeyType(Enum):
    """How a KafkaSource reads the keys of records that are no CloudEvents."""

    STRING = "string"
    INT = "int"
    FLOAT = "float"
    BYTE_ARRAY = "byte-array"


class Reference(ManifestObject):
    """The object that a source sends to."""

    api_version: str
    kind: Literal["Service", "KafkaSink"]
    name: str

    @model_validator(mode="after")
    def _require_the_version_of_its_kind(self) -> Self:
        if self.api_version != _API_VERSIONS[self.kind]:
            raise ValueError(f"apiVersion of a {self.kind} is {_API_VERSIONS[self.kind]}")
        return self


def _duration(text: object) -> object:
    if isinstance(text, timedelta) or (isinstance(text, str) and _DURATION.fullmatch(text)):
        return text
    raise ValueError("no ISO 8601 duration like PT2S")


Duration = Annotated[timedelta, Field(strict=False), BeforeValidator(_duration)]


class DeliveryRule(ManifestObject):
    """The `delivery` block of a KafkaSource, which must be complete; `timeout` is per attempt."""

    retry: NonNegativeInt
    backoff_policy: Literal["linear", "exponential"]
    backoff_delay: Duration
    timeout: Duration
    dead_letter_sink: Reference | None = Field(None, alias="deadLetterSink.ref")


class Source(ManifestObject):
    """A KafkaSource; its delivery block must be complete, its group explicit."""

    ignored = frozenset({"metadata.*", "metadata.labels.*"})

    api_version: Literal["sources.knative.dev/v1"]
    kind: Literal["KafkaSource"]
    name: _Name
    key_type: KeyType = Field(KeyType.STRING, alias=KEY_TYPE, strict=False)
    topic: str = Field(alias="spec.topics.0")
    bootstrap: str = Field(alias="spec.bootstrapServers.0")
    group: str = Field(alias="spec.consumerGroup")
    initial_offset: Literal["earliest", "latest"] = Field(alias="spec.initialOffset")
    ordering: Literal["ordered", "unordered"] = Field(alias="spec.ordering")
    overrides: dict[str, str] = Field({}, alias="spec.ceOverrides.extensions")
    rule: DeliveryRule = Field(alias="spec.delivery")
    sink: Reference = Field(alias="spec.sink.ref")


def _for_one_broker(config: object) -> object:
    if not isinstance(config, dict):
        return config
    return {name: str(value) for name, value in config.items() if name != _OF_SEVERAL_BROKERS}


class Topic(ManifestObject):
    """A KafkaTopic; replicas are the broker's affair on one machine."""

    ignored = frozenset({"metadata", "spec.replicas"})

    api_version: Literal["kafka.strimzi.io/v1"]
    kind: Literal["KafkaTopic"]
    topic: str = Field(alias="spec.topicName")
    partitions: int = Field(alias="spec.partitions")
    config: Annotated[dict[str, str], BeforeValidator(_for_one_broker)] = Field(
        {}, alias="spec.config"
    )


class Sink(ManifestObject):
    """A KafkaSink."""

    ignored = frozenset({"metadata.*"})

    api_version: Literal["eventing.knative.dev/v1alpha1"]
    kind: Literal["KafkaSink"]
    name: _Name
    topic: str = Field(alias="spec.topic")
    bootstrap: str = Field(alias="spec.bootstrapServers.0")
    content_mode: Literal["binary"] = Field(alias="spec.contentMode")


class Ping(ManifestObject):
    """A PingSource that sends every so many minutes."""

    ignored = frozenset({"metadata.*"})

    api_version: Literal["sources.knative.dev/v1"]
    kind: Literal["PingSource"]
    name: _Name
    schedule: str = Field(alias="spec.schedule", pattern=r"^\*/[1-9]\d? \* \* \* \*$")
    content_type: str | None = Field(None, alias="spec.contentType")
    data: str = Field("", alias="spec.data")
    sink: Reference = Field(alias="spec.sink.ref")

    @property
    def every_minutes(self) -> int:
        return int(self.schedule.removeprefix("*/").partition(" ")[0])
