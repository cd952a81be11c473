"""The present state of a topic, read beside its consumer, which does not notice all that happens.

librdkafka takes a topic that was deleted and made again for the same, goes on at the old positions
and commits them to the new topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import (
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 3.0
EARLIEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # it has no types
LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # likewise


@dataclass(frozen=True, slots=True)
class TopicShape:
    """A topic's identity, which no other topic of its name has, and how many partitions it has."""

    identity: str
    partitions: int


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic, and the offsets between which it has records."""

    shape: TopicShape
    starts: Mapping[int, int]
    ends: Mapping[int, int]


class TopicProbe:
    """Reads the state of one topic. All methods block, and raise KafkaException without Kafka."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})

    def shape(self) -> TopicShape | None:
        """Return the shape of the topic, or None where there is none."""
        names = TopicCollection([self._topic])
        described = self._admin.describe_topics(names, request_timeout=TIMEOUT_S)[self._topic]
        try:
            found = described.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise
        return TopicShape(str(found.topic_id), len(found.partitions))

    def state(self) -> TopicState | None:
        """Return the state of the topic, or None where there is none."""
        shape = self.shape()
        if shape is None:
            return None
        return TopicState(shape, self._offsets(shape, EARLIEST), self._offsets(shape, LATEST))

    def _offsets(self, shape: TopicShape, which: OffsetSpec) -> dict[int, int]:
        found = self._admin.list_offsets(
            {TopicPartition(self._topic, number): which for number in range(shape.partitions)},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=TIMEOUT_S,
        )
        return {each.partition: future.result().offset for each, future in found.items()}
