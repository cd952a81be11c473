"""Readers and writers of times and durations: RFC 3339 in UTC, and spans such as 90s or 7d."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

# Beyond RFC 3339: a space for the T (its 5.6 allows it), no zone, and a zone without its colon or
# minutes, as strftime's %z and databases print it. None of these can be read in two ways.
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
    r"([Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII,
)
_DURATION: Final = re.compile(r"(\d{1,5})([smhd])", re.ASCII)  # at most 273 years
_UNITS: Final[Mapping[str, timedelta]] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_LEAP_SECOND: Final = 60
_LAST_NANOSECOND: Final = 999_999_999


def read_time(text: str, *, needs_zone: bool = False) -> datetime:
    """Return an RFC 3339 time as aware UTC, cut to microseconds; no zone means UTC.

    Raise ValueError, with a sentence for people, for what is no time, or has no zone although
    `needs_zone`. A leap second (`23:59:60` in UTC, at the end of a month) is read as the last
    microsecond before it is over: it stays within its minute, its day, and so its window.
    """
    seconds, nanoseconds = _read(text, needs_zone=needs_zone)
    return seconds + timedelta(microseconds=nanoseconds // 1000)


def read_time_up(text: str) -> datetime:
    """Return an RFC 3339 time as `read_time` does, but rounded up to a whole millisecond."""
    seconds, nanoseconds = _read(text, needs_zone=False)
    try:
        return seconds + timedelta(milliseconds=-(-nanoseconds // 1_000_000))
    except OverflowError as error:
        raise ValueError(f"must be an RFC 3339 time of the calendar: {error}") from error


def rfc3339(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC: milliseconds, or microseconds where there are any."""
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    text = moment.astimezone(UTC).isoformat(timespec=precision)
    return text.removesuffix("+00:00") + "Z"


def read_duration(text: str) -> timedelta:
    """Read a duration such as `90s`, `10m`, `24h` or `7d`; raise ValueError for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration such as 90s, 10m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2]]


def _read(text: str, *, needs_zone: bool) -> tuple[datetime, int]:
    """Return whole seconds in UTC, and the nanoseconds after them."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
    if needs_zone and match[8] is None:
        raise ValueError("must have a time zone, as in 2026-01-31T12:00:00Z")
    year, month, day, hour, minute, second = (int(number) for number in match.groups()[:6])
    is_leap = second == _LEAP_SECOND
    try:
        written = datetime(year, month, day, hour, minute, second - is_leap, tzinfo=_zone(match))
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"must be an RFC 3339 time of the calendar: {error}") from error
    if not is_leap:
        return moment, int((match[7] or "").ljust(9, "0"))
    if not _ends_a_month(moment):
        raise ValueError("must be an RFC 3339 time; a leap second ends a month in UTC")
    return moment, _LAST_NANOSECOND


def _zone(match: re.Match[str]) -> timezone:
    if match[9] is None:
        return UTC
    offset = timedelta(hours=int(match[10]), minutes=int(match[11] or "0"))
    return timezone(-offset if match[9] == "-" else offset)


def _ends_a_month(moment: datetime) -> bool:
    is_last_second = (moment.hour, moment.minute, moment.second) == (23, 59, 59)
    return is_last_second and moment.day == monthrange(moment.year, moment.month)[1]
