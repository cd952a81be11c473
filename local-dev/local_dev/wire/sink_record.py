"""The Kafka record that a KafkaSink makes of a request.

kafka-sink-receiver of eventing-kafka-broker 1.23, contentMode binary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.wire.cloud_event import NotAnEventError, read_attributes
from local_dev.wire.structured_event import is_structured, read_structured

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class SinkRecord:
    """A record to produce."""

    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def sink_record(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> SinkRecord:
    """Return the record for a request with these raw headers.

    Of two headers of one name the last wins; Latin-1 bytes become UTF-8; headers that are not the
    event's are dropped, but for traceparent. Raise NotAnEventError: the response is then 400.
    """
    texts = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    content_type = texts.get("content-type")
    if is_structured(content_type):
        event = read_structured(body)
    else:
        given = {n.removeprefix("ce-"): v for n, v in texts.items() if n.startswith("ce-")}
        if "specversion" not in given:
            raise NotAnEventError("no ce-specversion")
        event = read_attributes(given, content_type, body)
    made = {f"ce_{name}": value for name, value in event.attributes.items()}
    if event.content_type is not None:
        made["content-type"] = event.content_type
    if "traceparent" in texts:
        made["traceparent"] = texts["traceparent"]
    key = event.attributes.get("partitionkey")
    return SinkRecord(
        key=key.encode("utf-8") if key is not None else None,
        value=event.data,
        headers=tuple((name, value.encode("utf-8")) for name, value in made.items()),
    )
