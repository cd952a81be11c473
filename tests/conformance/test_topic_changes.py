"""A KafkaSource whose topic changes under it: made again, gone, extended, out of reach."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from tests.support.eventing import (
    Collector,
    a_kafka_source,
    add_partitions,
    committed,
    delete,
    make,
    produce,
    running,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]

ORDERINGS = ("ordered", "unordered")


@pytest.fixture
def topic(kafka_bootstrap: str) -> str:
    name = f"test-{uuid.uuid4().hex[:8]}"
    make(kafka_bootstrap, name)
    return name


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(free_port(), tmp_path, class_path(KAFKA_LOCK, KAFKA_JARS, print))
    broker.start()
    try:
        broker.wait_until_ready()
        yield broker
    finally:
        broker.stop()


def numbered(name: str, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_topic_that_was_made_again_is_read_from_its_start(
    kafka_bootstrap: str, topic: str, ordering: str
) -> None:
    """The group's offsets and positions are those of another topic of the same name."""
    sink = Collector()
    expected = {each.encode() for each in numbered("new", 7)}

    async def run() -> None:
        async with running(a_kafka_source(kafka_bootstrap, topic, sink, ordering=ordering)):
            produce(kafka_bootstrap, topic, *numbered("old", 5))
            await sink.until(5)
            delete(kafka_bootstrap, topic)
            make(kafka_bootstrap, topic)
            produce(kafka_bootstrap, topic, *numbered("new", 7))
            await until(lambda: expected <= set(sink.bodies))

    asyncio.run(run())

    assert committed(kafka_bootstrap, topic) == 7


@pytest.mark.parametrize("pause_s", [0, 0.3, 1.5])
def test_stopping_commits_nothing_of_a_topic_that_went_to_its_successor(
    kafka_bootstrap: str, topic: str, pause_s: float
) -> None:
    first, second = Collector(), Collector()
    expected = {each.encode() for each in numbered("new", 7)}

    async def run() -> None:
        async with running(a_kafka_source(kafka_bootstrap, topic, first)):
            produce(kafka_bootstrap, topic, *numbered("old", 5))
            await first.until(5)
            delete(kafka_bootstrap, topic)
            make(kafka_bootstrap, topic)
            produce(kafka_bootstrap, topic, *numbered("new", 7))
            await asyncio.sleep(pause_s)
        async with running(a_kafka_source(kafka_bootstrap, topic, second)):
            await until(lambda: expected <= set(first.bodies + second.bodies))

    asyncio.run(run())


def test_a_topic_that_is_gone_has_no_lag_that_is_known_and_comes_back(
    kafka_bootstrap: str, topic: str
) -> None:
    sink = Collector()

    async def run() -> None:
        async with running(a_kafka_source(kafka_bootstrap, topic, sink)) as source:
            produce(kafka_bootstrap, topic, "old")
            await sink.until(1)
            await until(lambda: source.status()["lag"] == 0)
            delete(kafka_bootstrap, topic)
            await until(lambda: source.status()["lag"] is None)
            make(kafka_bootstrap, topic)
            produce(kafka_bootstrap, topic, "new")
            await sink.until(2)
            await until(lambda: source.status()["lag"] == 0)

    asyncio.run(run())

    assert sink.bodies == [b"old", b"new"]


def test_records_of_partitions_that_were_added_are_delivered_soon(
    kafka_bootstrap: str, topic: str
) -> None:
    """A cluster sees them after up to five minutes."""
    sink = Collector()

    async def run() -> list[object]:
        async with running(a_kafka_source(kafka_bootstrap, topic, sink)) as source:
            produce(kafka_bootstrap, topic, "a")
            await sink.until(1)
            await until(lambda: source.status()["lag"] == 0)
            add_partitions(kafka_bootstrap, topic, 4)
            produce(kafka_bootstrap, topic, "b", partition=3)
            await until(lambda: source.status()["lag"] != 0)
            lags = [source.status()["lag"]]
            await sink.until(2)
            await until(lambda: source.status()["lag"] == 0)
        return lags

    assert asyncio.run(run()) in ([None], [1])
    assert sink.bodies == [b"a", b"b"]


def test_a_broker_out_of_reach_leaves_the_lag_unknown_and_a_new_topic_behind_it_is_read(
    own_broker: KafkaBroker,
) -> None:
    """As seen: the broker killed once, the topic deleted and made again, readings posted."""
    bootstrap, sink = own_broker.bootstrap, Collector()
    expected = {each.encode() for each in numbered("new", 7)}
    make(bootstrap, "raw", 8)

    async def run() -> None:
        async with running(a_kafka_source(bootstrap, "raw", sink)) as source:
            produce(bootstrap, "raw", *numbered("old", 20))
            await sink.until(20)
            assert own_broker.process is not None
            own_broker.process.stop(grace_s=0)
            await until(lambda: source.status()["lag"] is None)
            own_broker.start()  # in this thread: the broker ends with the thread that starts it
            await asyncio.to_thread(own_broker.wait_until_ready)
            await until(lambda: source.status()["lag"] == 0)
            delete(bootstrap, "raw")
            make(bootstrap, "raw", 8)
            produce(bootstrap, "raw", *numbered("new", 7))
            await until(lambda: expected <= set(sink.bodies))

    asyncio.run(run())

    assert committed(bootstrap, "raw") == 7
