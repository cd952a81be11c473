"""Ends of a KafkaSource in tests: records in a topic, and a sink that remembers them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from local_dev.eventing.kafka_source import KafkaSource
from local_dev.eventing.topic_probe import TopicProbe, TopicState
from local_dev.wire.http_parser import Response
from tests.support.manifests import a_rule, a_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from local_dev.wire.event_request import EventRequest

RULE = a_rule()


class Collector:
    """A sink that takes everything and remembers the bodies."""

    url = "http://collector"

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        assert timeout_s == RULE.timeout.total_seconds()
        self.bodies.append(request.body)
        return Response(202, (), b"")

    async def until(self, number: int) -> None:
        await until(lambda: len(self.bodies) >= number)


async def until(happens: Callable[[], object], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not happens():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(source: KafkaSource) -> AsyncIterator[KafkaSource]:
    await source.start()
    try:
        yield source
    finally:
        await source.stop()


def a_kafka_source(bootstrap: str, topic: str, sink: Any, **more: Any) -> KafkaSource:
    return KafkaSource(a_source(bootstrap, topic, RULE, **more), "ns", sink, None, print)


def produce(bootstrap: str, topic: str, *values: str, partition: int = 0) -> None:
    producer = Producer(
        {"bootstrap.servers": bootstrap, "log_level": 2, "topic.metadata.propagation.max.ms": 0}
    )
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(10) == 0


def committed(bootstrap: str, topic: str) -> int:
    """Return what the group of the topic's name has committed for partition 0."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic})
    (position,) = consumer.committed([TopicPartition(topic, 0)], timeout=10)
    consumer.close()
    return int(position.offset)


def delete(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.delete_topics([topic])[topic].result(10)


def make(bootstrap: str, topic: str, partitions: int = 2) -> None:
    """Make a topic, also one that is still being deleted; return when its log is the new one."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    persistently(lambda: admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(10))
    probe = TopicProbe(bootstrap, topic)
    persistently(lambda: require_empty(probe.state()))


def require_empty(state: TopicState | None) -> None:
    if state is None or any(state.ends.values()):
        raise KafkaException(state)


def persistently(action: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            action()
        except KafkaException:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


def add_partitions(bootstrap: str, topic: str, total: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_partitions([NewPartitions(topic, total)])[topic].result(10)
