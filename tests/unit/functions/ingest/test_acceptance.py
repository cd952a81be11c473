"""The posted readings that are accepted, and their identity."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from functions.ingest.acceptance import PostedReading, accept, is_retry_recognisable
from shared.outcomes import PermanentError
from tests.support.readings import NOW, POSTED, QUICK, accepted, posted


def later(key: str | None = None, nonce: str = "n1", **changes: object) -> str:
    """Give the id that the same request gets an hour later, with another chance."""
    again = PostedReading.model_validate(posted(**changes))
    return accept(again, NOW + timedelta(hours=1), key, lambda: nonce).reading_id


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T11:59:00Z", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31t11:59:00z", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31 11:59:00Z", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T11:59:00", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T11:59:00+00:00", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T11:59:00-00:00", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T11:59:00+0000", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T12:59:00+0100", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("2026-01-31T13:29:00+01:30", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-30T23:59:00-12:00", datetime(2026, 1, 31, 11, 59, tzinfo=UTC)),
        ("2026-01-31T11:59:00.5Z", datetime(2026, 1, 31, 11, 59, 0, 500_000, UTC)),
        ("2026-01-31T11:59:00.123456Z", datetime(2026, 1, 31, 11, 59, 0, 123_456, UTC)),
        ("2026-01-31T11:59:00.123456789Z", datetime(2026, 1, 31, 11, 59, 0, 123_456, UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc(text: str, moment: datetime) -> None:
    ts = accepted(ts=text).ts

    assert ts == moment
    assert ts.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid_ts"),
        ("now", "invalid_ts"),
        ("2026-01-31", "invalid_ts"),
        ("2026-01-31T11:59Z", "invalid_ts"),
        ("20260131T115900Z", "invalid_ts"),
        ("2026-W05-6T11:59:00Z", "invalid_ts"),
        ("1769860740", "invalid_ts"),
        ("2026-01-31T11:59:00Z\n", "invalid_ts"),
        (" 2026-01-31T11:59:00Z", "invalid_ts"),
        ("2026-01-31T11:59:00,5Z", "invalid_ts"),
        ("2026-01-31T11:59:00.Z", "invalid_ts"),
        ("2026-01-31T11:59:00+24:00", "invalid_ts"),
        ("２０２６-01-31T11:59:00Z", "invalid_ts"),  # noqa: RUF001 - full-width digits
        ("2026-02-30T00:00:00Z", "invalid_ts"),
        ("2025-02-29T00:00:00Z", "invalid_ts"),
        ("2026-01-30T24:00:00Z", "invalid_ts"),
        ("0000-01-01T00:00:00Z", "invalid_ts"),
        ("9999-12-31T23:59:59-23:59", "invalid_ts"),
        ("0001-01-01T00:00:00+23:59", "invalid_ts"),
        ("1999-12-31T23:59:59.999999Z", "too_old_ts"),
        ("2000-01-01T00:30:00+01:00", "too_old_ts"),
        ("9999-12-31T23:59:59Z", "future_ts"),
    ],
)
def test_what_is_no_time_is_refused_naming_ts(text: str, reason: str) -> None:
    with pytest.raises(PermanentError) as caught:
        accepted(ts=text)

    assert (caught.value.reason, caught.value.field) == (reason, "ts")


@pytest.mark.parametrize(
    "number",
    [
        1769860740,
        1769860740_000,
        1769860740_000_000,
        1769860740_000_000_000,
        1769860740.0,
        1769860740000.0,
        1769860740_000_000_999,
    ],
)
def test_a_time_may_be_a_number_of_any_unit_and_is_the_same_time(number: float) -> None:
    assert accepted(ts=number).reading_id == accepted(ts="2026-01-31T11:59:00Z").reading_id


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0, "too_old_ts"),
        (-1, "too_old_ts"),
        (946_684_799, "too_old_ts"),
        (5_000, "too_old_ts"),
        (1e20, "invalid_ts"),
        (-1e10, "too_old_ts"),
        (-(10**11) + 1, "invalid_ts"),
        (1_869_860_740, "future_ts"),
        (99_999_999_999, "future_ts"),
        (True, "invalid_ts"),
        (float("nan"), "invalid_ts"),
    ],
)
def test_a_number_that_is_no_time_of_a_reading_is_refused(number: float, reason: str) -> None:
    with pytest.raises(PermanentError) as caught:
        accepted(ts=number)

    assert (caught.value.reason, caught.value.field) == (reason, "ts")


def test_a_time_told_by_its_distance_from_now_is_assigned_as_if_there_were_none() -> None:
    minute = timedelta(minutes=-1)

    reading, again = (accepted(ts=minute, key=key) for key in (None, "k-1"))

    assert (reading.ts, reading.ts_assigned, reading.client_id) == (NOW + minute, True, "~n0")
    assert again.dedup == accepted(ts=None, key="k-1").dedup


def test_a_clock_may_be_five_minutes_ahead_and_no_microsecond_more() -> None:
    edge = NOW + timedelta(minutes=5)

    assert accepted(ts=edge.isoformat()).ts == edge
    with pytest.raises(PermanentError, match="5 minutes ahead"):
        accepted(ts=(edge + timedelta(microseconds=1)).isoformat())


def test_a_reading_with_a_time_is_the_same_reading_whenever_it_comes() -> None:
    assert later() == accepted().reading_id
    assert accepted().client_id is None


def test_a_reading_without_a_time_gets_the_time_of_receipt() -> None:
    reading = accepted(ts=None, id="4711")

    assert (reading.ts, reading.ts_assigned) == (NOW, True)


def test_a_reading_with_an_id_and_no_time_is_recognised_when_it_comes_again() -> None:
    first = accepted(ts=None, id="4711")
    again = accept(
        PostedReading.model_validate(posted(ts=None, id="4711")),
        NOW + timedelta(hours=1),
        None,
        lambda: "n1",
    )

    assert first.dedup is not None
    assert again.dedup == first.dedup
    assert again.reading_id != first.reading_id


def test_another_value_under_the_same_id_is_another_reading() -> None:
    one = accepted(ts=None, id="4711")
    other = accepted(ts=None, id="4711", temperature_c=22)

    assert one.dedup != other.dedup


def test_a_reading_with_neither_time_nor_id_is_unique_and_says_so() -> None:
    one, other = (accepted(ts=None, nonce=nonce) for nonce in ("n0", "n1"))

    assert one.reading_id != other.reading_id
    assert one.dedup is None
    assert not is_retry_recognisable(one)


@pytest.mark.parametrize("given_ones", [{}, {"id": "4711"}, {"ts": None, "id": "4711"}])
def test_a_reading_with_a_time_or_an_id_can_be_sent_again(given_ones: dict[str, Any]) -> None:
    assert is_retry_recognisable(accepted(None, **given_ones))


def test_the_request_s_key_stands_in_for_a_missing_id() -> None:
    assert accepted(ts=None, key="k-1").dedup == accepted(ts=None, id="k-1").dedup


def test_an_id_of_its_own_goes_before_the_request_s_key() -> None:
    assert accepted(key="k-1", id="4711").client_id == "4711"


def test_only_readings_of_an_assigned_time_have_a_dedup() -> None:
    assert accepted(id="4711").dedup is None


def test_a_reading_says_at_least_one_value() -> None:
    with pytest.raises(PermanentError) as caught:
        accepted(temperature_c=None, lat=1, lon=1)

    assert caught.value.reason == "no_value"


@pytest.mark.parametrize(
    "value", [{"temperature_c": 0}, {"humidity": 0}, {"measurements": {"pressure_hpa": 1013.2}}]
)
def test_one_value_is_enough(value: dict[str, Any]) -> None:
    assert accepted(**({"temperature_c": None} | value)).values() == value.get(
        "measurements", value
    )


@pytest.mark.parametrize("name", ["temperature_c", "humidity", "lat", "lon"])
def test_a_named_field_cannot_hide_among_the_measurements(name: str) -> None:
    with pytest.raises(PermanentError) as caught:
        accepted(measurements={name: 1})

    assert caught.value.field == f"measurements.{name}"


@QUICK
@given(POSTED)
def test_every_accepted_reading_is_what_its_id_says(content: dict[str, Any]) -> None:
    reading = accept(PostedReading.model_validate(content), NOW, None, lambda: "n0")

    assert reading.is_what_its_id_says


@pytest.mark.parametrize("given", [{}, {"id": "4711"}, {"id": "4711", "ts": None}])
def test_chance_is_asked_for_nothing_where_time_or_id_tell_readings_apart(
    given: dict[str, Any],
) -> None:
    def refuse() -> str:
        raise AssertionError

    reading = accept(PostedReading.model_validate(posted(**given)), NOW, None, refuse)

    assert reading.device_id
