"""Readers and writers of times and durations: RFC 3339 in UTC, numbers, spans such as 90s or 7d."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

# Beyond RFC 3339: a space for the T (its 5.6 allows it), no zone, and a zone without its colon or
# minutes, as strftime's %z and databases print it. None of these can be read in two ways.
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d{1,9})?"
    r"([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
)
_DURATION: Final = re.compile(r"(\d{1,5})([smhd])", re.ASCII)  # at most 273 years
_SPAN: Final = re.compile(
    r"(?=.)(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?", re.ASCII
)
_ISO_SPAN: Final = re.compile(
    r"P(?=.)(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?", re.ASCII
)
_UNITS: Final[Mapping[str, timedelta]] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Below the first number, seconds (until the year 5138), below the next milliseconds, and so on: no
# two of them can be taken for each other for any time from 1973 on.
_MICROSECONDS_BY_MAGNITUDE: Final = (
    (10**11, 1_000_000, 1),
    (10**14, 1_000, 1),
    (10**17, 1, 1),
    (10**20, 1, 1_000),
)
_LEAP_SECOND: Final = "60"
_LAST_NANOSECOND: Final = ".999999999"


def read_time(text: str, *, needs_zone: bool = False) -> datetime:
    """Return an RFC 3339 time as aware UTC, cut to microseconds; no zone means UTC.

    Raise ValueError, with a sentence for people, for what is no time, or has no zone although
    `needs_zone`. A leap second (`23:59:60` in UTC, at the end of a month) is read as the last
    microsecond before it is over: it stays within its minute, its day, and so its window.
    """
    return _read(text, needs_zone=needs_zone)[0]


def read_time_up(text: str) -> datetime:
    """Return an RFC 3339 time as `read_time` does, but rounded up to a whole millisecond."""
    moment, fraction = _read(text, needs_zone=False)
    milliseconds = -(-int(fraction[1:].ljust(9, "0")) // 1_000_000)
    try:
        return moment.replace(microsecond=0) + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ValueError(f"must be an RFC 3339 time of the calendar: {error}") from error


def read_epoch(number: float) -> datetime:
    """Return the time that is so many seconds, or thousandths of them, after 1970.

    Its magnitude tells whether they are s, ms, us or ns. Whole numbers are cut to microseconds,
    others rounded to them. Raise ValueError, with a sentence for people, for what is no time of the
    calendar.
    """
    for limit, factor, divisor in _MICROSECONDS_BY_MAGNITUDE:
        if -limit < number < limit:
            if isinstance(number, int):
                return epoch_time(number * factor // divisor)
            return epoch_time(round(number * factor / divisor))
    raise ValueError("must be a time; this number is none")


def epoch_time(microseconds: int) -> datetime:
    """Return the time so many microseconds after 1970; raise ValueError outside of the calendar."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise ValueError(f"must be a time of the calendar: {error}") from error


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


def read_span(text: str) -> timedelta:
    """Read a duration of whole seconds such as `90s`, `1h30m`, or `PT5M` of ISO 8601.

    Raise ValueError, with a sentence for people, for anything else.
    """
    match = _SPAN.fullmatch(text) or _ISO_SPAN.fullmatch(text)
    if match is None:
        raise ValueError("must be a duration such as 90s, 5m, 1h30m or PT5M")
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def span_text(span: timedelta) -> str:
    """Write whole seconds as `read_span` reads them: `1h30m`; `0s` for none."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def _read(text: str, *, needs_zone: bool) -> tuple[datetime, str]:
    """Return the time in UTC, cut to microseconds, and its fraction of a second as it was read."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
    date, minute, second, fraction, zone = match.groups()
    if needs_zone and zone is None:
        raise ValueError("must have a time zone, as in 2026-01-31T12:00:00Z")
    is_leap = second == _LEAP_SECOND
    if is_leap:
        second, fraction = "59", _LAST_NANOSECOND
    try:
        moment = datetime.fromisoformat(
            f"{date}T{minute}:{second}{fraction or ''}{(zone or 'Z').upper()}"
        ).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"must be an RFC 3339 time of the calendar: {error}") from error
    if is_leap and not _ends_a_month(moment):
        raise ValueError("must be an RFC 3339 time; a leap second ends a month in UTC")
    return moment, fraction or ".0"


def _ends_a_month(moment: datetime) -> bool:
    is_last_second = (moment.hour, moment.minute, moment.second) == (23, 59, 59)
    return is_last_second and moment.day == monthrange(moment.year, moment.month)[1]
