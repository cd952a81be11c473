"""KafkaSource, KafkaSink and topics on a real Kafka, where the recording does not look."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import uuid
from typing import TYPE_CHECKING, Literal

import aiohttp
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from local_dev.eventing.kafka_sink import KafkaSinkReceiver
from local_dev.eventing.kafka_source import KafkaSource
from local_dev.servers.topics import make_topics
from local_dev.wire.http_parser import Response
from tests.support.manifests import a_rule, a_sink, a_source, a_topic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from local_dev.wire.event_request import EventRequest

pytestmark = pytest.mark.broker

EVENT = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/s", "ce-type": "t"}
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
        async with asyncio.timeout(20):
            while len(self.bodies) < number:  # noqa: ASYNC110 - the sink has no event for it
                await asyncio.sleep(0.02)


@pytest.fixture
def topic(kafka_bootstrap: str) -> str:
    name = f"test-{uuid.uuid4().hex[:8]}"
    make_topics(kafka_bootstrap, [a_topic(name, 2, retention_ms="3600000")])
    return name


def produce(bootstrap: str, topic: str, *values: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 2})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(10) == 0


def committed(bootstrap: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic})
    (position,) = consumer.committed([TopicPartition(topic, 0)], timeout=10)
    consumer.close()
    return int(position.offset)


def records_of(bootstrap: str, topic: str, number: int) -> list[dict[str, object]]:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "look", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    messages = consumer.consume(number, 10)
    consumer.close()
    return [
        {"key": each.key(), "value": each.value(), "headers": dict(each.headers() or ())}
        for each in messages
    ]


def source(
    bootstrap: str, topic: str, sink: Collector, start: Literal["earliest", "latest"] = "earliest"
) -> KafkaSource:
    manifest = a_source(bootstrap, topic, RULE, initial_offset=start)
    return KafkaSource(manifest, "ns", sink, None, print)


async def until_shared(*sources: KafkaSource) -> None:
    async with asyncio.timeout(20):
        while any(each.status()["lag"] is None for each in sources):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def sink_for(bootstrap: str, topic: str) -> AsyncIterator[KafkaSinkReceiver]:
    receiver = KafkaSinkReceiver(bootstrap, "ns", [a_sink(bootstrap, "letters", topic)])
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()


async def status_of(url: str, headers: Mapping[str, str], body: bytes = b"x") -> int:
    data = io.BytesIO(body)
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=data, headers=headers) as got,
    ):
        return got.status


def test_making_topics_a_second_time_changes_nothing(kafka_bootstrap: str, topic: str) -> None:
    make_topics(kafka_bootstrap, [a_topic(topic, 5)])

    consumer = Consumer({"bootstrap.servers": kafka_bootstrap, "group.id": "look"})
    assert len(consumer.list_topics(topic, timeout=10).topics[topic].partitions) == 2
    consumer.close()


def test_a_source_that_ends_hands_back_and_the_next_one_goes_on_at_once(
    kafka_bootstrap: str, topic: str
) -> None:
    sink = Collector()

    async def run() -> float:
        first = source(kafka_bootstrap, topic, sink)
        await first.start()
        produce(kafka_bootstrap, topic, "a", "b")
        await sink.until(2)
        await first.stop()
        produce(kafka_bootstrap, topic, "c")
        began = time.monotonic()
        second = source(kafka_bootstrap, topic, sink)
        await second.start()
        await sink.until(3)
        pause_s = time.monotonic() - began
        await second.stop()
        return pause_s

    assert asyncio.run(run()) < 8  # what a cluster takes to miss a dispatcher that did not leave
    assert sink.bodies == [b"a", b"b", b"c"]
    assert committed(kafka_bootstrap, topic) == 3


def test_a_group_that_starts_at_the_latest_skips_what_was_there(
    kafka_bootstrap: str, topic: str
) -> None:
    sink = Collector()
    produce(kafka_bootstrap, topic, "old")

    async def run() -> None:
        newest = source(kafka_bootstrap, topic, sink, "latest")
        await newest.start()
        produce(kafka_bootstrap, topic, "new")
        await sink.until(1)
        await newest.stop()

    asyncio.run(run())

    assert sink.bodies == [b"new"]


def test_two_sources_of_a_group_share_its_partitions_and_one_takes_over(
    kafka_bootstrap: str, topic: str
) -> None:
    one, other = Collector(), Collector()

    async def run() -> None:
        first = source(kafka_bootstrap, topic, one)
        second = source(kafka_bootstrap, topic, other)
        await first.start()
        produce(kafka_bootstrap, topic, "a")
        await one.until(1)
        await second.start()
        await until_shared(first, second)
        await first.stop()
        produce(kafka_bootstrap, topic, "b")
        await other.until(1)
        await second.stop()

    asyncio.run(run())

    assert (one.bodies, other.bodies[-1]) == ([b"a"], b"b")


def test_a_source_says_how_far_behind_it_is(kafka_bootstrap: str, topic: str) -> None:
    sink = Collector()
    produce(kafka_bootstrap, topic, "a", "b", "c")

    async def run() -> dict[str, object]:
        behind = source(kafka_bootstrap, topic, sink)
        await behind.start()
        await sink.until(3)
        await asyncio.sleep(1)
        status = behind.status()
        await behind.stop()
        return status

    assert asyncio.run(run()) == {
        "topic": topic,
        "group": topic,
        "lag": 0,
        "delivered": 3,
        "retried": 0,
        "dead_lettered": 0,
        "dropped": 0,
        "in_flight": 0,
        "attempts": 3,
    }


def test_a_kafka_sink_answers_after_kafka_has_the_event(kafka_bootstrap: str, topic: str) -> None:
    async def run() -> int:
        async with sink_for(kafka_bootstrap, topic) as receiver:
            url = receiver.address_of("letters")
            more = {"ce-partitionkey": "dev-1", "content-type": "text/plain"}
            return await status_of(url, EVENT | more)

    assert asyncio.run(run()) == 202
    assert records_of(kafka_bootstrap, topic, 1) == [
        {
            "key": b"dev-1",
            "value": b"x",
            "headers": {
                "ce_specversion": b"1.0",
                "ce_id": b"7",
                "ce_source": b"/s",
                "ce_type": b"t",
                "ce_partitionkey": b"dev-1",
                "content-type": b"text/plain",
            },
        }
    ]


def test_a_kafka_sink_refuses_what_is_no_event_or_not_for_it(
    kafka_bootstrap: str, topic: str
) -> None:
    async def run() -> list[int]:
        async with sink_for(kafka_bootstrap, topic) as receiver:
            url = receiver.address_of("letters")
            too_large = b"x" * 1_100_000
            async with aiohttp.ClientSession() as client, client.get(url) as got:
                not_posted = got.status
            return [
                await status_of(url, {}),
                await status_of(url + "s", EVENT),
                not_posted,
                await status_of(url, EVENT, too_large),
            ]

    assert asyncio.run(run()) == [400, 404, 405, 503]
