"""What is published again?"""

from datetime import timedelta

import pytest

from functions.dlq.redriving import age_of, record_of
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading_event import records_of
from tests.support.readings import NOW, accepted, at, delivered

FAILURE = {
    "knativeerrordest": "http://aggregate.telemetry.svc.cluster.local",
    "knativeerrorcode": "503",
    "knativeerrordata": "e30=",
    "reason": "keep_readings",
    "knativekafkapartition": "3",
    "knativekafkaoffset": "41",
}


@pytest.mark.parametrize("readings", [[accepted()], [at(1), at(2, device_id="greenhouse-2")]])
def test_a_redriven_record_is_the_one_that_ingest_wrote(readings: list[object]) -> None:
    original = records_of(readings, NOW)[0]  # type: ignore[arg-type]  # pytest gives objects
    event = delivered(original)
    letter = CloudEvent({**event.attributes, **FAILURE}, event.content_type, event.data)

    again = record_of(letter)

    assert sorted(again.headers, key=str) == sorted(original.headers, key=str)
    assert (again.key, again.value) == (original.key, original.value)


def test_what_the_failure_added_is_dropped_and_all_else_stays() -> None:
    letter = CloudEvent({"id": "1", "mine": "ü", **FAILURE}, None, b"\x00\xff")

    again = record_of(letter)

    assert again.headers == [("ce_id", b"1"), ("ce_mine", "ü".encode())]
    assert again.value == b"\x00\xff"


def test_an_event_without_a_partition_key_is_spread_by_its_id() -> None:
    assert record_of(CloudEvent({"id": "1"}, None, b"")).key == b"1"


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("0s", timedelta(0)),
    ],
)
def test_an_age_is_a_number_and_a_unit(text: str, age: timedelta) -> None:
    assert age_of(text) == age


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-1d", "1.5h", "7w", "7d ", "\N{FULLWIDTH DIGIT SEVEN}d", "9" * 30 + "d"]
)
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no age such as"):
        age_of(text)
