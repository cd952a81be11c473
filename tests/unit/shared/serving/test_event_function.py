"""What KafkaSource reads from an event function's response, and what the function opens."""

import asyncio
import json

import pytest

from shared import metrics
from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.cloud_event import CloudEvent
from shared.serving.event_function import EventFunction
from shared.serving.http import HttpRequest, HttpResponse

HEADERS = [
    (b"ce-id", b"1"),
    (b"ce-source", b"/s"),
    (b"ce-type", b"t"),
    (b"ce-specversion", b"1.0"),
]


class Handler:
    """Handles events by keeping them, or by raising what it was given."""

    def __init__(self, raising: Exception | None = None) -> None:
        self.handled: list[CloudEvent] = []
        self._raising = raising

    async def handle(self, event: CloudEvent) -> None:
        self.handled.append(event)
        if self._raising is not None:
            raise self._raising


class Part:
    """A connection or a resource that writes down when it is opened and closed."""

    def __init__(self, name: str, calls: list[str], reason: str | None = None) -> None:
        self._name = name
        self._calls = calls
        self._reason = reason

    async def open(self) -> None:
        self._calls.append(f"open {self._name}")

    async def close(self) -> None:
        self._calls.append(f"close {self._name}")

    def not_ready(self) -> str | None:
        return self._reason


def function_of(handler: Handler) -> EventFunction:
    return EventFunction("f", Part("database", []), handler)


def answer(handler: Handler, method: str = "POST", headers: object = None) -> HttpResponse:
    request = HttpRequest(method, "/", HEADERS if headers is None else [], b"data")
    return asyncio.run(function_of(handler).respond(request))


def counted(outcome: str) -> float:
    return float(metrics.events.labels(outcome)._value.get())


def test_a_handled_event_is_answered_204_without_a_body() -> None:
    handler = Handler()

    given = answer(handler)

    assert (given.status, given.body) == (204, b"")
    assert handler.handled[0].data == b"data"


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (PermanentError(Reason.INVALID_READING, "x", "0.ts"), 422, "invalid_reading"),
        (TemporaryError("keep_readings", "x"), 503, "keep_readings"),
    ],
)
def test_an_outcome_has_its_status_and_its_reason(
    raised: Exception, status: int, reason: str
) -> None:
    given = answer(Handler(raised))

    assert (given.status, dict(given.headers)["kne-reason"]) == (status, reason)
    assert json.loads(given.body)["reason"] == reason


def test_a_fault_of_ours_is_a_500_that_tells_nothing_of_it() -> None:
    given = answer(Handler(RuntimeError("a secret")))

    assert given.status == 500
    assert b"secret" not in given.body


def test_what_is_no_event_is_rejected_before_it_is_handled() -> None:
    handler = Handler()

    given = answer(handler, headers=())

    assert (given.status, dict(given.headers)["kne-reason"]) == (422, "not_an_event")
    assert handler.handled == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_another_method_than_post_is_told_so(method: str) -> None:
    given = answer(Handler(), method)

    assert (given.status, dict(given.headers)["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (None, "done"),
        (PermanentError(Reason.INVALID, "x"), "rejected"),
        (TemporaryError("o", "x"), "try_again"),
        (KeyError("x"), "error"),
    ],
)
def test_each_event_is_counted_by_its_outcome(raised: Exception | None, outcome: str) -> None:
    before = counted(outcome)

    answer(Handler(raised))

    assert counted(outcome) == before + 1


def test_an_event_that_comes_again_is_counted_as_seen() -> None:
    function = function_of(Handler())
    before = metrics.events_seen_again._value.get()

    asyncio.run(function.respond(HttpRequest("POST", "/", HEADERS, b"")))
    asyncio.run(function.respond(HttpRequest("POST", "/", HEADERS, b"")))

    assert metrics.events_seen_again._value.get() == before + 1


def test_resources_are_opened_after_the_connection_and_closed_before_it() -> None:
    calls: list[str] = []
    resources = [Part("first", calls), Part("second", calls)]
    function = EventFunction("f", Part("database", calls), Handler(), resources=resources)

    asyncio.run(opened_and_closed(function))

    opened = ["open database", "open first", "open second"]
    assert calls == [*opened, "close second", "close first", "close database"]


def test_it_is_ready_when_its_connection_is() -> None:
    function = EventFunction("f", Part("database", [], "no primary"), Handler())

    assert function.not_ready() == "no primary"


def test_the_oldest_of_many_events_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.serving.event_function._REMEMBERED", 1)
    function = function_of(Handler())
    before = metrics.events_seen_again._value.get()

    for event_id in (b"1", b"2", b"1"):
        asyncio.run(
            function.respond(HttpRequest("POST", "/", [(b"ce-id", event_id), *HEADERS[1:]], b""))
        )

    assert metrics.events_seen_again._value.get() == before


async def opened_and_closed(function: EventFunction) -> None:
    await function.open()
    await function.close()
