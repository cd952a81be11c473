"""What happens to one event until it is done with."""

from __future__ import annotations

import asyncio

import pytest

from local_dev.eventing.delivery import DeliveryCounts, EventDelivery
from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import EventRequest, TraceContext
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.http_parser import Response
from tests.support.manifests import a_rule

RULE = a_rule(2, "linear", delay_s=0.001, timeout_s=1)
EVENT = Event({"specversion": "1.0", "id": "7", "source": "/s", "type": "t"}, None, b"x")


class FakeSink:
    """Answers as planned, the last answer for ever; None is no answer."""

    def __init__(self, *answers: Response | None) -> None:
        self.url = "http://alert.telemetry.svc.cluster.local"
        self.requests: list[EventRequest] = []
        self._answers = list(answers)

    async def send(self, request: EventRequest, timeout_s: float) -> Response:
        assert timeout_s == RULE.timeout.total_seconds()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            raise NoResponseError("refused")
        return answer


class Source:
    """A delivery, and what it said."""

    def __init__(self, sink: FakeSink, letters: FakeSink | None) -> None:
        self.said: list[str] = []
        self.counts = DeliveryCounts()
        self._delivery = EventDelivery("ns", RULE, sink, letters, self.said.append, self.counts)

    def deliver(self, event: Event = EVENT) -> None:
        async def soon() -> None:
            async with asyncio.timeout(0.5):
                await self._delivery.deliver(event, TraceContext())

        asyncio.run(soon())


def answers(*statuses: int) -> FakeSink:
    return FakeSink(*(Response(status, (), b"") for status in statuses))


def test_an_accepted_event_is_sent_once() -> None:
    sink, letters = answers(202), answers(202)
    source = Source(sink, letters)

    source.deliver()

    assert (len(sink.requests), len(letters.requests)) == (1, 0)
    assert source.counts == DeliveryCounts(delivered=1, attempts=1)


def test_a_retry_is_the_same_request_again() -> None:
    sink = answers(503, 503, 200)
    source = Source(sink, answers(202))

    source.deliver()

    assert [each.headers for each in sink.requests] == [sink.requests[0].headers] * 3
    assert source.counts == DeliveryCounts(delivered=1, retried=2, attempts=3)


def test_an_event_without_an_answer_is_dead_lettered_after_its_retries() -> None:
    sink, letters = FakeSink(None), answers(202)
    source = Source(sink, letters)

    source.deliver()

    assert len(sink.requests) == 3
    assert b"ce-knativeerrordest: " + sink.url.encode() in letters.requests[0].headers
    assert b"knativeerrorcode" not in letters.requests[0].headers
    assert source.counts.dead_lettered == 1
    assert source.said == ["dead letter: '7': refused: 2 retries are used up"]


def test_an_event_that_is_at_fault_is_dead_lettered_at_once() -> None:
    letters = answers(202)
    source = Source(answers(422), letters)

    source.deliver()

    assert b"ce-knativeerrorcode: 422" in letters.requests[0].headers
    assert source.counts == DeliveryCounts(dead_lettered=1, attempts=2)


def test_a_failing_dead_letter_sink_loses_the_event_loudly() -> None:
    letters = answers(503)
    source = Source(answers(422), letters)

    source.deliver()

    assert len(letters.requests) == 3
    assert source.counts.dropped == 1
    assert source.said[-1].startswith("LOST, as in a cluster")


def test_without_a_dead_letter_sink_a_failed_event_is_lost_loudly() -> None:
    source = Source(answers(422), None)

    source.deliver()

    assert source.counts.dropped == 1
    assert "no dead letter sink" in source.said[-1]


def test_an_event_with_a_control_character_is_lost_loudly_without_a_request() -> None:
    sink = answers(202)
    source = Source(sink, answers(202))

    source.deliver(EVENT.with_attributes({"subject": "a\nb"}))

    assert sink.requests == []
    assert source.counts.dropped == 1
    assert "control character" in source.said[-1]


def test_an_impossible_kne_header_stalls_the_event_loudly() -> None:
    source = Source(FakeSink(Response(422, (("kne-error-class", "x"),), b"")), answers(202))

    with pytest.raises(TimeoutError):
        source.deliver()

    assert source.said[-1].startswith("STALLED, as in a cluster")
