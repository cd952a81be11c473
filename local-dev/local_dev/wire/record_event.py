"""The CloudEvent that KafkaSource makes of a Kafka record.

KafkaMessageFactory (cloudevents/sdk-java) decides what a record is; InvalidCloudEventInterceptor
(eventing-kafka-broker) makes an event of a foreign one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from local_dev.manifests.eventing import KeyType
from local_dev.wire.cloud_event import Event, NotAnEventError, read_attributes, time_text
from local_dev.wire.record_key import key_text
from local_dev.wire.structured_event import is_structured, read_structured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confluent_kafka import Message

    _Headers = tuple[tuple[str, bytes | None], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IN_A_NAME = re.compile("[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it comes out of Kafka."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: _Headers

    @classmethod
    def of(cls, message: Message) -> Record:
        _, timestamp_ms = message.timestamp()
        return cls(
            topic=message.topic() or "",
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            timestamp_ms=timestamp_ms,
            key=message.key(),
            value=message.value(),
            headers=cast("_Headers", tuple(message.headers() or ())),
        )


@dataclass(frozen=True, slots=True)
class Lost:
    """The real KafkaSource discards the record, commits it and says nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Turns the records of one KafkaSource into events; its name is in those of foreign records."""

    namespace: str
    name: str
    key_type: KeyType
    overrides: Mapping[str, str]

    def read_poll(self, records: Sequence[Record]) -> list[Event | Lost]:
        """Return what becomes of each record that one poll brought.

        A null header value loses a CloudEvent record; in a foreign record it loses all foreign
        records of the poll.
        """
        poisoned = any(_has_null_header(record) and not is_event(record) for record in records)
        return [self._read(record, poisoned) for record in records]

    def _read(self, record: Record, poll_is_poisoned: bool) -> Event | Lost:  # noqa: FBT001 - private, one caller
        if is_event(record) and _has_null_header(record):
            return Lost("a header has a null value")
        try:
            event = _read_event(record)
        except NotAnEventError:
            if poll_is_poisoned:
                return Lost("a foreign record of the same poll has a header with a null value")
            event = self._foreign_event(record)
        coordinates = {
            "knativekafkapartition": str(record.partition),
            "knativekafkaoffset": str(record.offset),
        }
        return event.with_attributes({**coordinates, **self.overrides})

    def _foreign_event(self, record: Record) -> Event:
        kafka_source = f"/apis/v1/namespaces/{self.namespace}/kafkasources/{self.name}"
        attributes = {
            "specversion": "1.0",
            "id": f"partition:{record.partition}/offset:{record.offset}",
            "source": f"{kafka_source}#{record.topic}",
            "type": "dev.knative.kafka.event",
            "subject": f"partition:{record.partition}#{record.offset}",
            "time": record_time(record.timestamp_ms),
        }
        key = key_text(record.key, self.key_type)
        if key is not None:
            attributes |= {"key": key, "partitionkey": key}
        content_type = None
        for name, value in record.headers:
            text = (value or b"").decode("utf-8", "replace")
            if name.lower() == "content-type":
                content_type = text.lower()
            else:
                attributes["kafkaheader" + _NOT_IN_A_NAME.sub("", name.lower())] = text
        return Event(attributes, content_type, record.value or b"")


def is_event(record: Record) -> bool:
    """Say whether the record claims to be a CloudEvent, structured or binary."""
    headers = dict(record.headers)
    content_type = headers.get("content-type") or b""
    return "ce_specversion" in headers or is_structured(content_type.decode("utf-8", "replace"))


def record_time(timestamp_ms: int) -> str:
    """Return a record's timestamp as RFC 3339 in UTC, without trailing zeros."""
    moment = EPOCH + timedelta(milliseconds=timestamp_ms)
    return time_text(moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def _read_event(record: Record) -> Event:
    if not is_event(record):
        raise NotAnEventError("no ce_specversion")
    texts = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    content_type = texts.get("content-type")
    if is_structured(content_type):
        return read_structured(record.value)
    attributes = {n[3:].lower(): text for n, text in texts.items() if n.startswith("ce_")}
    return read_attributes(attributes, content_type, record.value or b"")


def _has_null_header(record: Record) -> bool:
    return any(value is None for _, value in record.headers)
