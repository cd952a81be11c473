"""When a source polls, and what it sends side by side."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from local_dev.eventing.delivery import DeliveryCounts, EventDelivery
from local_dev.eventing.ordered_pump import OrderedPump
from local_dev.eventing.unordered_pump import UnorderedPump
from local_dev.manifests.eventing import KeyType
from local_dev.wire.http_parser import Response
from local_dev.wire.record_event import Record, RecordReader
from tests.support.manifests import a_rule

if TYPE_CHECKING:
    from local_dev.eventing.consumer import PolledConsumer
    from local_dev.wire.event_request import EventRequest

RULE = a_rule()
READER = RecordReader("ns", "src", KeyType.STRING, {})


class FakeConsumer:
    """Counts the polls that it is asked for."""

    def __init__(self) -> None:
        self.polls = 0
        self.paused: frozenset[int] = frozenset()

    def request_poll(self) -> None:
        self.polls += 1

    def pause_only(self, partitions: frozenset[int], before: frozenset[int]) -> None:
        assert before == self.paused
        self.paused = partitions


class GatedSink:
    """Holds each request until the test lets it go."""

    def __init__(self) -> None:
        self.url = "http://sink"
        self.held: dict[str, asyncio.Event] = {}
        self.begun: list[str] = []

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        assert timeout_s == RULE.timeout.total_seconds()
        name = request.body.decode()
        self.begun.append(name)
        self.held[name] = asyncio.Event()
        await self.held[name].wait()
        return Response(200, (), b"")

    async def let_go(self, *names: str) -> None:
        for name in names:
            self.held[name].set()
        await settle_down()


class Scene:
    """A pump between a fake consumer and a gated sink."""

    def __init__(self, kind: type[UnorderedPump | OrderedPump]) -> None:
        self.consumer = FakeConsumer()
        self.sink = GatedSink()
        delivery = EventDelivery("ns", RULE, self.sink, None, print, DeliveryCounts())
        self.pump = kind(cast("PolledConsumer", self.consumer), READER, delivery)

    async def poll_brings(self, *names: str) -> None:
        """Names are like p0_3: partition 0, offset 3."""
        self.pump.polled([record(name) for name in names])
        await settle_down()


async def settle_down() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def record(name: str) -> Record:
    partition, offset = name[1:].split("_")
    return Record("raw", int(partition), int(offset), 0, None, name.encode(), ())


def test_unordered_sends_all_records_of_a_poll_at_once() -> None:
    async def run() -> list[str]:
        scene = Scene(UnorderedPump)
        scene.pump.start()
        await scene.poll_brings("p0_0", "p0_1", "p1_0")
        begun = list(scene.sink.begun)
        await scene.pump.stop(0)
        return begun

    assert asyncio.run(run()) == ["p0_0", "p0_1", "p1_0"]


def test_unordered_polls_while_fewer_than_fifty_are_in_flight() -> None:
    async def run() -> list[int]:
        scene = Scene(UnorderedPump)
        scene.pump.start()
        polls = [scene.consumer.polls]
        await scene.poll_brings(*(f"p0_{i}" for i in range(49)))
        polls.append(scene.consumer.polls)
        await scene.poll_brings(*(f"p0_{i}" for i in range(49, 99)))
        polls.append(scene.consumer.polls)
        await scene.sink.let_go(*(f"p0_{i}" for i in range(49)))
        polls.append(scene.consumer.polls)
        await scene.sink.let_go("p0_49")
        polls.append(scene.consumer.polls)
        await scene.pump.stop(0)
        return polls

    assert asyncio.run(run()) == [1, 2, 2, 2, 3]


def test_a_commit_waits_for_the_record_that_is_still_open() -> None:
    async def run() -> list[dict[int, int]]:
        scene = Scene(UnorderedPump)
        await scene.poll_brings("p0_5", "p0_6", "p1_0")
        await scene.sink.let_go("p0_6", "p1_0")
        first = scene.pump.take_commits()
        await scene.sink.let_go("p0_5")
        second = scene.pump.take_commits()
        await scene.pump.stop(0)
        return [first, second]

    assert asyncio.run(run()) == [{1: 1}, {0: 7}]


def test_the_answer_for_a_partition_that_was_taken_away_counts_no_more() -> None:
    async def run() -> tuple[object, object]:
        scene = Scene(UnorderedPump)
        await scene.poll_brings("p0_5", "p0_6")
        await scene.sink.let_go("p0_5")
        handed_back = scene.pump.revoked([0])
        await scene.sink.let_go("p0_6")
        left = scene.pump.take_commits()
        await scene.pump.stop(0)
        return handed_back, left

    assert asyncio.run(run()) == ({0: 6}, {})


def test_ordered_sends_one_record_of_a_partition_after_the_other() -> None:
    async def run() -> list[list[str]]:
        scene = Scene(OrderedPump)
        await scene.poll_brings("p0_0", "p0_1", "p1_0")
        first = list(scene.sink.begun)
        await scene.sink.let_go("p0_0")
        second = list(scene.sink.begun)
        await scene.pump.stop(0)
        return [first, second]

    assert asyncio.run(run()) == [["p0_0", "p1_0"], ["p0_0", "p1_0", "p0_1"]]


def test_ordered_polls_only_for_partitions_whose_queue_is_empty() -> None:
    async def run() -> tuple[int, int, frozenset[int]]:
        scene = Scene(OrderedPump)
        scene.pump.start()
        await settle_down()
        await scene.poll_brings("p0_0", "p1_0")
        await asyncio.sleep(0.25)
        while_all_are_busy = scene.consumer.polls
        await scene.sink.let_go("p0_0")
        await asyncio.sleep(0.25)
        polls, paused = scene.consumer.polls, scene.consumer.paused
        await scene.pump.stop(0)
        return while_all_are_busy, polls, paused

    assert asyncio.run(run()) == (1, 2, frozenset({1}))


def test_ordered_forgets_the_queue_of_a_partition_that_was_taken_away() -> None:
    async def run() -> list[str]:
        scene = Scene(OrderedPump)
        await scene.poll_brings("p0_0", "p0_1")
        scene.pump.revoked([0])
        await scene.sink.let_go("p0_0")
        begun = list(scene.sink.begun)
        await scene.pump.stop(0)
        return begun

    assert asyncio.run(run()) == ["p0_0"]
