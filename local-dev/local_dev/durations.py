"""ISO 8601 durations, as in KafkaSource's delivery block."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?",
)
_UNITS_S = (86_400, 3_600, 60, 1)


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration like PT0.5S or P1DT2H. Raise ValueError for others."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is no ISO 8601 duration like PT2S")
    parts = zip(match.groups(), _UNITS_S, strict=True)
    return sum(float(number) * unit for number, unit in parts if number is not None)
