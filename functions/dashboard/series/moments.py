"""The ways to write a moment of a range: RFC 3339, epoch, or relative to now; pure."""

import re
from datetime import datetime, timedelta
from typing import Final

from shared.readings.identity import EPOCH
from shared.times import read_duration, read_time_up

Moment = datetime | timedelta  # a timedelta is relative to now
_RELATIVE: Final = re.compile(r"(?:now)?-(\d{1,5}[smhd])", re.ASCII)
# Of seconds 11 digits reach to the year 5138; of milliseconds 12 begin in 1973.
_SECONDS: Final = re.compile(r"\d{9,11}(?:\.\d{1,9})?", re.ASCII)
_MILLISECONDS: Final = re.compile(r"\d{12,14}", re.ASCII)
_SPACE_FOR_PLUS: Final = re.compile(r"(?<=[\d.]) (\d\d(?::?\d\d)?)$", re.ASCII)
_LATEST: Final = EPOCH + timedelta(days=366 * 1_000)
_FORMS: Final = "must be an RFC 3339 time, epoch seconds or milliseconds, `now`, or such as -6h"


def read_moment(text: str) -> Moment:
    """Return an aware UTC time, in whole milliseconds rounded up, or how far it is from now.

    `now`, `-6h` and `now-6h` are relative. Raise ValueError, with a sentence for people, for what
    is none of the forms, is before 1970, or lies centuries ahead.
    """
    if text == "now":
        return timedelta(0)
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        return -read_duration(relative[1])
    return _within_the_calendar(_absolute(text))


def moment_at(moment: Moment, now: datetime) -> datetime:
    """Return the time that is meant at `now`, not before 1970."""
    return max(now + moment, EPOCH) if isinstance(moment, timedelta) else moment


def _absolute(text: str) -> datetime:
    if _MILLISECONDS.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(text))
    if _SECONDS.fullmatch(text):
        seconds, _, fraction = text.partition(".")
        milliseconds = -(-int(fraction.ljust(9, "0")) // 1_000_000)
        return EPOCH + timedelta(seconds=int(seconds), milliseconds=milliseconds)
    if not text[4:5] == "-":
        raise ValueError(_FORMS)
    # A `+` that came as a space (what a plus sign in a URL means) is the plus that it was.
    return read_time_up(_SPACE_FOR_PLUS.sub(r"+\1", text))


def _within_the_calendar(at: datetime) -> datetime:
    if not EPOCH <= at < _LATEST:
        raise ValueError("must be a time from 1970 on, and not centuries ahead")
    return at
