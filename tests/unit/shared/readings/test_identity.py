"""When two readings are the same reading."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.readings.identity import digest_of, first_id_at, microseconds_of, reading_id_of
from tests.support.readings import IDS, NUMBERS, QUICK, SENSORS, TIMES, accepted

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
VALUES = st.dictionaries(SENSORS, NUMBERS, min_size=1, max_size=5)
NO_POSITION = (None, None)


def test_an_id_is_44_hex_digits() -> None:
    assert len(accepted().reading_id) == 44
    assert int(accepted().reading_id, 16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"temperature_c": 1}, {"temperature_c": 1.0}),
        ({"temperature_c": -0.0}, {"temperature_c": 0.0}),
        ({"lat": -0.0, "lon": 0}, {"lat": 0.0, "lon": 0.0}),
        ({"ts": "2026-01-31T11:00:00Z"}, {"ts": "2026-01-31T11:00:00+00:00"}),
        ({"ts": "2026-01-31T11:00:00Z"}, {"ts": "2026-01-31T12:00:00+01:00"}),
        ({"ts": "2026-01-31T11:00:00Z"}, {"ts": "2026-01-31t11:00:00z"}),
        ({"ts": "2026-01-31T11:00:00Z"}, {"ts": "2026-01-31T11:00:00"}),
        ({"ts": "2026-01-31T11:00:00.5Z"}, {"ts": "2026-01-31T11:00:00.500000Z"}),
        ({"measurements": {"a": 1, "b": 2}}, {"measurements": {"b": 2, "a": 1}}),
        ({"measurements": {}}, {"measurements": None}),
    ],
)
def test_two_ways_to_write_the_same_have_one_id(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert accepted(**one).reading_id == accepted(**other).reading_id


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": "greenhouse-2"},
        {"temperature_c": 21.500000000000004},
        {"humidity": 21.5},
        {"temperature_c": None, "humidity": 21.5},
        {"ts": "2026-01-31T11:59:00.000001Z"},
        {"ts": "2026-01-31T11:59:01Z"},
        {"ts": "2026-01-31T11:59:00+01:00"},
        {"id": "4711"},
        {"lat": 21.5},
        {"lon": 21.5},
        {"measurements": {"other": 21.5}},
    ],
)
def test_another_content_has_another_id(change: dict[str, Any]) -> None:
    assert accepted(**change).reading_id != accepted().reading_id


@QUICK
@given(st.permutations(["a", "b", "c", "d"]), NUMBERS)
def test_the_order_of_the_sensors_does_not_matter(names: list[str], value: float) -> None:
    shuffled = digest_of("d", NOON, None, dict.fromkeys(names, value), NO_POSITION)

    assert shuffled == digest_of("d", NOON, None, dict.fromkeys("abcd", value), NO_POSITION)


@QUICK
@given(IDS, TIMES, st.none() | IDS, VALUES, st.integers(-14 * 60, 14 * 60))
def test_the_zone_in_which_a_time_is_written_does_not_matter(
    device_id: str, ts: datetime, client_id: str | None, values: dict[str, float], minutes: int
) -> None:
    there = ts.astimezone(timezone(timedelta(minutes=minutes)))

    digest = digest_of(device_id, there, client_id, values, NO_POSITION)

    assert digest == digest_of(device_id, ts, client_id, values, NO_POSITION)
    assert reading_id_of(there, digest) == reading_id_of(ts, digest)


@QUICK
@given(st.tuples(IDS, st.none() | IDS, VALUES), st.tuples(IDS, st.none() | IDS, VALUES))
def test_digests_are_equal_exactly_if_the_contents_are(
    one: tuple[str, str | None, dict[str, float]], other: tuple[str, str | None, dict[str, float]]
) -> None:
    same_digest = digest_of(one[0], NOON, one[1], one[2], NO_POSITION) == digest_of(
        other[0], NOON, other[1], other[2], NO_POSITION
    )

    assert same_digest == (one == other)


@QUICK
@given(TIMES, TIMES, st.text("0123456789abcdef", min_size=32, max_size=32))
def test_ids_sort_by_time_to_the_millisecond(one: datetime, other: datetime, digest: str) -> None:
    earlier, later = sorted([one, other])

    assert reading_id_of(earlier, digest) <= reading_id_of(later, digest)
    assert first_id_at(later) <= reading_id_of(later, digest)


def test_the_first_id_of_a_time_is_above_every_id_of_the_millisecond_before() -> None:
    before = reading_id_of(NOON - timedelta(milliseconds=1), "f" * 32)

    assert before < first_id_at(NOON) <= reading_id_of(NOON, "0" * 32)


def test_microseconds_are_exact_far_from_1970() -> None:
    assert microseconds_of(datetime(2199, 12, 31, 23, 59, 59, 999999, UTC)) % 1000 == 999


def test_the_id_of_a_known_reading_never_changes() -> None:
    """What is stored and what waits in Kafka was named by this form: a change needs a migration."""
    reading = accepted(id="4711", ts="2026-01-31T12:00:00.250Z", humidity=55, lat=47.37, lon=8.54)

    assert reading.reading_id == "019c13ec9efac5e2e9270b9290f6aa7b9dfc373ff809"
