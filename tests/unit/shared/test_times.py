"""Which texts are times and durations, and how a time is written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.times import (
    epoch_time,
    read_duration,
    read_epoch,
    read_span,
    read_time,
    read_time_up,
    rfc3339,
    span_text,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00:00.000000000Z",
        "2026-01-31T12:00:00-00:00",
        "2026-01-31T14:00:00+02:00",
        "2026-01-31T07:30:00-04:30",
        "2026-01-31T12:00:00+0000",  # strftime's %z
        "2026-01-31T14:00:00+0200",
        "2026-01-31T07:30:00-0430",
        "2026-01-31 14:00:00+02",  # PostgreSQL
    ],
)
def test_a_time_that_can_be_read_in_one_way_only_is_read(text: str) -> None:
    moment = read_time(text)

    assert moment == read_time_up(text) == NOON
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-01-31", "2026-01-31T12:00Z", "20260131T120000Z", "1769860800"),
        *("2026-01-31T12:00:00Z\n", " 2026-01-31T12:00:00Z", "2026-01-31T12:00:00,5Z"),
        *("2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+02:"),
        *("2026-01-31T12:00:00+2", "2026-01-31T12:00:00+020", "2026-01-31T12:00:00+02:0"),
        *("2026-01-31T12:00:00+02:60", "2026-01-31T12:00:00 UTC", "2026-W05-6T12:00:00Z"),
        *("2026-02-30T12:00:00Z", "2025-02-29T12:00:00Z", "2026-01-31T24:00:00Z"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("٢٠٢٦-01-31T12:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("2016-12-31T23:59:60.25Z", datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("2017-01-01T00:59:60+01:00", datetime(2016, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("2015-06-30T18:59:60-0500", datetime(2015, 6, 30, 23, 59, 59, 999_999, UTC)),
        ("2028-02-29T23:59:60Z", datetime(2028, 2, 29, 23, 59, 59, 999_999, UTC)),
        ("9999-12-31T23:59:60Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
    ],
)
def test_a_leap_second_stays_within_its_minute(text: str, moment: datetime) -> None:
    assert read_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:60Z",
        "2016-12-30T23:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2028-02-28T23:59:60Z",
    ],
)
def test_a_leap_second_where_there_can_be_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a leap second ends a month in UTC"):
        read_time(text)


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31 12:00:00.5"])
def test_a_zone_can_be_required(text: str) -> None:
    with pytest.raises(ValueError, match="must have a time zone"):
        read_time(text, needs_zone=True)


@given(MOMENTS)
def test_what_isoformat_writes_is_read_as_the_same_moment(moment: datetime) -> None:
    assert read_time(moment.isoformat()) == moment


@given(MOMENTS)
def test_what_is_written_is_read_as_the_same_moment(moment: datetime) -> None:
    assert read_time(rfc3339(moment), needs_zone=True) == moment


@given(MOMENTS)
def test_rounding_up_goes_to_the_next_whole_millisecond(moment: datetime) -> None:
    rounded = read_time_up(moment.isoformat())

    assert rounded.microsecond % 1000 == 0
    assert timedelta(0) <= rounded - moment < timedelta(milliseconds=1)


def test_rounding_up_sees_nanoseconds() -> None:
    assert read_time_up("2026-01-31T12:00:00.000000001Z") == NOON + timedelta(milliseconds=1)
    assert read_time("2026-01-31T12:00:00.000000999Z") == NOON


def test_there_is_no_next_millisecond_after_the_last() -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        read_time_up("9999-12-31T23:59:59.9999Z")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-01-31T12:00:00.000Z"),
        (NOON.replace(microsecond=250_000), "2026-01-31T12:00:00.250Z"),
        (NOON.replace(microsecond=1), "2026-01-31T12:00:00.000001Z"),
        (NOON.replace(tzinfo=timezone(timedelta(hours=1))), "2026-01-31T11:00:00.000Z"),
    ],
)
def test_times_are_written_in_utc_with_the_digits_they_need(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-1d", "1.5h", "7w", "7d ", "\N{FULLWIDTH DIGIT SEVEN}d", "9" * 30 + "d"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration such as"):
        read_duration(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1769860800, "2026-01-31T12:00:00.000Z"),
        (1769860800.25, "2026-01-31T12:00:00.250Z"),
        (1769860800123.456, "2026-01-31T12:00:00.123456Z"),
        (1769860800123456, "2026-01-31T12:00:00.123456Z"),
        (1769860800123456789, "2026-01-31T12:00:00.123456Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.000Z"),
        (99_999_999_999, "5138-11-16T09:46:39.000Z"),
        (100_000_000_000, "1973-03-03T09:46:40.000Z"),
    ],
)
def test_the_magnitude_of_a_number_tells_its_unit(number: float, text: str) -> None:
    assert rfc3339(read_epoch(number)) == text


@given(st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_time_is_the_same_from_each_whole_unit(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    microseconds = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    assert read_epoch(microseconds) == read_epoch(microseconds * 1_000) == aware
    assert epoch_time(microseconds) == aware


@pytest.mark.parametrize("number", [10**20, -(10**20), 1e300, float("inf"), float("nan"), 10**400])
def test_a_number_that_is_no_time_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="must be a time"):
        read_epoch(number)


def test_a_number_before_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="of the calendar"):
        read_epoch(-99_999_999_999)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("0s", timedelta(0)),
        ("PT5M", timedelta(minutes=5)),
        ("P1D", timedelta(days=1)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_a_span_is_read_in_parts_or_as_iso_8601_says(text: str, span: timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "30m1h", "1h1h", "-5m", "1.5h", "P", "PT", "P1M", "PT1.5S", "٣m"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a duration such as 90s, 5m, 1h30m or PT5M"):
        read_span(text)


@given(st.integers(0, 10**9))
def test_a_span_is_written_as_it_is_read(seconds: int) -> None:
    span = timedelta(seconds=seconds)

    assert read_span(span_text(span)) == span


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (90, "1m30s"), (5400, "1h30m")])
def test_a_span_is_written_without_parts_of_nothing(seconds: int, text: str) -> None:
    assert span_text(timedelta(seconds=seconds)) == text
