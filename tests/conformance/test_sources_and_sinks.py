"""KafkaSource, KafkaSink and topics on a real Kafka, where the recording does not look."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import pytest
from confluent_kafka import Consumer

from local_dev.eventing.kafka_sink import KafkaSinkReceiver
from local_dev.servers.topics import make_topics
from tests.support.eventing import Collector, a_kafka_source, committed, produce, until
from tests.support.manifests import a_sink, a_topic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from local_dev.eventing.kafka_source import KafkaSource

pytestmark = pytest.mark.broker

EVENT = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/s", "ce-type": "t"}


@pytest.fixture
def topic(kafka_bootstrap: str) -> str:
    name = f"test-{uuid.uuid4().hex[:8]}"
    make_topics(kafka_bootstrap, [a_topic(name, 2, retention_ms="3600000")])
    return name


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


async def until_shared(*sources: KafkaSource) -> None:
    await until(lambda: all(each.status()["lag"] is not None for each in sources))


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
        first = a_kafka_source(kafka_bootstrap, topic, sink)
        await first.start()
        produce(kafka_bootstrap, topic, "a", "b")
        await sink.until(2)
        await first.stop()
        produce(kafka_bootstrap, topic, "c")
        began = time.monotonic()
        second = a_kafka_source(kafka_bootstrap, topic, sink)
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
        newest = a_kafka_source(kafka_bootstrap, topic, sink, initial_offset="latest")
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
        first = a_kafka_source(kafka_bootstrap, topic, one)
        second = a_kafka_source(kafka_bootstrap, topic, other)
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
        behind = a_kafka_source(kafka_bootstrap, topic, sink)
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


def test_a_kafka_sink_whose_clients_break_off_goes_on_without_a_traceback(
    kafka_bootstrap: str, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    head = "POST /ns/letters HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n"
    event = "".join(f"{name}: {value}\r\n" for name, value in EVENT.items())

    async def run() -> int:
        async with sink_for(kafka_bootstrap, topic) as receiver:
            url = receiver.address_of("letters")
            port = urlsplit(url).port
            for request in ("rubbish\r\n\r\n", f"{head}\r\n", f"{head}{event}\r\nwhole") * 10:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request.encode())
                await writer.drain()
                await asyncio.sleep(0.01)
                writer.transport.abort()
            return await status_of(url, EVENT)

    assert asyncio.run(run()) == 202
    assert caplog.records == []


def test_a_kafka_sink_leaves_an_encoded_body_as_it_is(kafka_bootstrap: str, topic: str) -> None:
    body = gzip.compress(b"{}")

    async def run() -> int:
        async with sink_for(kafka_bootstrap, topic) as receiver:
            headers = EVENT | {"content-encoding": "gzip"}
            return await status_of(receiver.address_of("letters"), headers, body)

    assert asyncio.run(run()) == 202
    assert records_of(kafka_bootstrap, topic, 1)[0]["value"] == body
