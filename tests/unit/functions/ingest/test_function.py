"""What a device reads in the response to one reading."""

import asyncio

import pytest

from functions.ingest.function import IngestFunction
from shared import metrics
from tests.support.ingest_device import BAD, Device
from tests.support.publisher import FakePublisher
from tests.support.readings import posted


def test_a_good_reading_is_queued_and_gets_its_id() -> None:
    device = Device()

    seen = device.posts(posted())

    reading_id = device.queued[0]["reading_id"]
    assert seen.status == 202
    assert seen.headers["content-type"] == "application/json"
    assert seen.json() == {
        "status": "queued",
        "device_id": "greenhouse-1",
        "reading_id": reading_id,
        "ts": "2026-01-31T11:59:00.000Z",
        "retry_recognised": True,
    }


@pytest.mark.parametrize("path", ["/ingest", "/v1/ingest", "/", "/ingest/", "/v1/ingest/"])
def test_a_reading_may_come_by_each_of_the_paths(path: str) -> None:
    assert Device().posts(posted(), path=path).status == 202


def test_a_reading_goes_to_the_topic_of_the_settings() -> None:
    device = Device()

    device.posts(posted())

    assert [topic for topic, _ in device.broker.published] == ["telemetry.raw"]


def test_a_bad_reading_is_a_422_naming_the_field() -> None:
    device = Device()

    seen = device.posts(posted(**BAD))

    assert (seen.status, seen.headers["content-type"]) == (422, "application/problem+json")
    assert seen.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "temperature_c: must be a number (not a string, true or false)",
        "field": "temperature_c",
        "errors": [
            {
                "index": 0,
                "field": "temperature_c",
                "reason": "invalid",
                "detail": "must be a number (not a string, true or false)",
            }
        ],
    }
    assert device.queued == []


def test_a_reading_with_many_faults_has_an_entry_for_each() -> None:
    seen = Device().posts(posted(temperature_c="warm", ts="yesterday", temp=1))

    body = seen.json()
    assert [one["field"] for one in body["errors"]] == ["temperature_c", "ts", "temp"]
    assert body["detail"].endswith(" (and 2 more, in errors)")


def test_a_bad_reading_is_counted_once_however_many_faults_it_has() -> None:
    before = metrics.readings_rejected.labels("invalid")._value.get()

    Device().posts(posted(temperature_c="warm", humidity="wet"))

    assert metrics.readings_rejected.labels("invalid")._value.get() == before + 1


def test_a_topic_that_takes_less_than_a_record_is_no_success() -> None:
    device = Device()
    device.broker.refuses_as_too_large = True

    seen = device.posts(posted())

    assert (seen.status, device.queued) == (413, [])


def test_without_the_broker_there_is_no_false_success() -> None:
    device = Device()
    device.broker.broker_is_away = True

    seen = device.posts(posted())

    assert (seen.status, seen.headers["retry-after"]) == (503, "2")
    assert seen.headers["content-type"] == "application/problem+json"


def test_it_is_open_and_ready_as_its_publisher_is() -> None:
    broker = FakePublisher()
    function = IngestFunction(broker, "telemetry.raw")

    async def lived() -> list[bool]:
        await function.open()
        is_open = broker.is_open
        await function.close()
        return [is_open, broker.is_open]

    assert asyncio.run(lived()) == [True, False]
    assert function.not_ready() is None


@pytest.mark.parametrize("key", ["k-1", '"k-1"', " k-1 ", "k" * 120])
def test_a_request_with_a_key_can_be_sent_again(key: str) -> None:
    device = Device()

    seen = device.posts(posted(ts=None), ("idempotency-key", key))

    assert seen.json()["retry_recognised"]
    assert device.queued[0]["client_id"] == key.strip().strip('"')


@pytest.mark.parametrize("key", ["", "k 1", "k" * 121, "~k", "ké", '""', "k\t1"])
def test_a_key_that_is_none_is_a_400_naming_the_header(key: str) -> None:
    seen = Device().posts(posted(), ("idempotency-key", key))

    assert (seen.status, seen.json()["field"]) == (400, "Idempotency-Key")


def test_a_request_without_time_and_key_is_told_that_a_retry_is_not_recognised() -> None:
    assert not Device().posts(posted(ts=None)).json()["retry_recognised"]


def test_readings_are_counted_as_accepted_only_when_the_broker_has_them() -> None:
    device = Device()
    before = metrics.readings_accepted._value.get()

    device.posts([posted(), posted()])
    device.broker.broker_is_away = True
    device.posts(posted())

    assert metrics.readings_accepted._value.get() == before + 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [(posted(**BAD), "invalid"), (posted(x=1), "unknown_field"), (b"{", "malformed")],
)
def test_refusals_are_counted_by_reason(content: object, reason: str) -> None:
    before = metrics.readings_rejected.labels(reason)._value.get()

    Device().posts(content)

    assert metrics.readings_rejected.labels(reason)._value.get() == before + 1
