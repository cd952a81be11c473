"""How requests that wait for Kafka share a record."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from functions.ingest.coalescing import WRITERS, Coalescing
from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.reading import MAX_MEASUREMENTS, Reading
from shared.readings.reading_event import (
    MAX_READINGS_PER_RECORD,
    MAX_RECORD_BYTES,
    Received,
    Record,
    readings_in,
)
from tests.support.readings import NOW, accepted, delivered

TOPIC = "telemetry.raw"


class SlowPublisher:
    """Acknowledges once `gate` is open; a record with the id in `never` is never taken."""

    def __init__(self) -> None:
        self.published: list[Record] = []
        self.gate = asyncio.Event()
        self.never = ""
        self.is_away = False

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        assert topic == TOPIC
        self.published += records
        await self.gate.wait()
        if self.is_away:
            raise TemporaryError("kafka", "no broker")
        if self.never and any(self.never.encode() in record.value for record in records):
            raise PermanentError(Reason.TOO_LARGE, "Kafka does not take the record")


def sent(
    publisher: SlowPublisher, requests: Sequence[Sequence[Reading]]
) -> list[BaseException | None]:
    """Send the requests at once while Kafka is slow; return what became of each."""

    async def all_of_them() -> list[BaseException | None]:
        coalescing = Coalescing(publisher, TOPIC)
        tasks = []
        for number, readings in enumerate(requests):
            received_at = NOW + timedelta(milliseconds=number)
            tasks.append(asyncio.create_task(coalescing.publish(readings, received_at)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        publisher.gate.set()
        async with asyncio.timeout(5):
            return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(all_of_them())


def singles(count: int) -> list[list[Reading]]:
    return [[accepted(temperature_c=float(number))] for number in range(count)]


def event_in(record: Record) -> Received:
    return readings_in(delivered(record))


def numbers_in(record: Record) -> list[float | None]:
    return [one.temperature_c for one in event_in(record).readings]


def test_a_lone_request_is_a_record_of_its_own() -> None:
    publisher = SlowPublisher()

    assert sent(publisher, singles(1)) == [None]

    (record,) = publisher.published
    assert numbers_in(record) == [0.0]
    assert event_in(record).received_at == NOW


def test_requests_that_come_while_records_are_on_their_way_share_the_next_one() -> None:
    publisher = SlowPublisher()

    outcomes = sent(publisher, singles(WRITERS + 3))

    assert outcomes == [None] * (WRITERS + 3)
    assert len(publisher.published) == WRITERS + 1
    assert numbers_in(publisher.published[-1]) == [WRITERS, WRITERS + 1, WRITERS + 2]


def test_a_shared_record_is_received_when_the_last_of_its_requests_was() -> None:
    """So no reading is further ahead of its receipt than when it was accepted."""
    publisher = SlowPublisher()

    sent(publisher, singles(WRITERS + 2))

    received = event_in(publisher.published[-1]).received_at
    assert received == NOW + timedelta(milliseconds=WRITERS + 1)


def test_a_shared_record_holds_no_more_readings_than_any_other() -> None:
    publisher = SlowPublisher()
    half = [accepted(temperature_c=float(n)) for n in range(MAX_READINGS_PER_RECORD // 2 + 1)]

    sent(publisher, [*singles(WRITERS), half, half])

    assert [len(numbers_in(record)) for record in publisher.published[WRITERS:]] == [251, 251]


def test_a_shared_record_of_many_measurements_is_one_record_still() -> None:
    """A record that is divided would fail requests whose readings are in its other part."""
    publisher = SlowPublisher()
    names = ["s" * 60 + f"{number:04}" for number in range(MAX_MEASUREMENTS)]
    widest = dict.fromkeys(names, -1.2345678901234567e-100)
    most = MAX_READINGS_PER_RECORD // 9
    readings = [[accepted(id=str(n), measurements=widest)] for n in range(most + 1)]

    sent(publisher, [*singles(WRITERS), *readings])

    shared = publisher.published[WRITERS:]
    assert [len(numbers_in(record)) for record in shared] == [most, 1]
    assert all(len(record.value) <= MAX_RECORD_BYTES for record in shared)


def test_what_kafka_did_not_acknowledge_fails_each_request_of_its_record_only() -> None:
    publisher = SlowPublisher()
    publisher.is_away = True

    outcomes = sent(publisher, singles(WRITERS + 2))

    assert [type(outcome) for outcome in outcomes] == [TemporaryError] * (WRITERS + 2)


def test_a_request_that_kafka_never_takes_fails_alone() -> None:
    publisher = SlowPublisher()
    requests = singles(WRITERS + 3)
    publisher.never = requests[WRITERS + 1][0].reading_id

    outcomes = sent(publisher, requests)

    failed = [number for number, outcome in enumerate(outcomes) if outcome is not None]
    assert failed == [WRITERS + 1]
    with pytest.raises(PermanentError):
        raise outcomes[WRITERS + 1] or AssertionError
