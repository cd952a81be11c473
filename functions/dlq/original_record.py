"""The record that is published again: the original bytes under the original id; pure.

Made by the CloudEvents SDK: a redrive is no hot path.
"""

from typing import Final

from cloudevents.http import CloudEvent as SdkEvent
from cloudevents.kafka import to_binary

from functions.dlq.failure_report import ERROR_ATTRIBUTES, PLACE_ATTRIBUTES
from shared.readings.cloud_event import REQUIRED, CloudEvent
from shared.readings.reading_event import Record

_ADDED: Final = ERROR_ATTRIBUTES | PLACE_ATTRIBUTES
_PARTITION_KEY: Final = "partitionkey"


def record_of(event: CloudEvent) -> Record:
    """Return the record of a dead letter's event, without what its failure added.

    Attributes are written as UTF-8: KafkaSource read them so from Kafka before it sent them as
    Latin-1. Raise ValueError for what is no CloudEvent, which nobody could read again.
    """
    attributes = {name: text for name, text in event.attributes.items() if name not in _ADDED}
    missing = [name for name in REQUIRED if name not in attributes]
    if missing:
        raise ValueError(f"it is no CloudEvent: {missing[0]} is missing")
    if attributes["specversion"] not in ("0.3", "1.0"):
        raise ValueError(f"its specversion is {attributes['specversion']}")
    made = SdkEvent(attributes | {"datacontenttype": event.content_type or ""}, event.data)
    if "time" not in attributes:
        del made["time"]  # the SDK's constructor takes the time of day for it
    message = to_binary(made, data_marshaller=bytes)
    headers: list[tuple[str, str | bytes | None]] = list(message.headers.items())
    if _PARTITION_KEY in attributes:  # the SDK makes it the key alone, which KafkaSource drops
        headers.append((f"ce_{_PARTITION_KEY}", attributes[_PARTITION_KEY].encode()))
    key = attributes.get(_PARTITION_KEY, event.event_id)
    return Record(key.encode(), headers, event.data)
