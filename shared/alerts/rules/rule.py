"""A rule of alerts: which values of a sensor, or which silence, are a breach, how severely; pure.

What the fold needs of a rule is here and nothing else. Times are spans of event time, except for
`offline` rules, which see the times of receipt.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final, Literal

Kind = Literal["threshold", "rate", "stale", "offline"]

MAX_GAP: Final = timedelta(minutes=5)  # three times the interval of a device that sends slowly
GRACE: Final = timedelta(seconds=30)
MIN_INTERVAL: Final = timedelta(seconds=1)
FLAP_OPENINGS: Final = 4
FLAP_WITHIN: Final = timedelta(hours=1)
_NO_TIME: Final = timedelta(0)


class Zone(Enum):
    """Where a value lies: it breaks the limit, it is well again, or it is between the two."""

    BREACH = "breach"
    CLEAR = "clear"
    DEAD_BAND = "dead_band"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One severity of a rule and its limits; `name` is the severity of the alert.

    A value above `high` or below `low` is a breach; a bound that is None does not count. A value is
    clear up to `clear_high` and down to `clear_low`, which lie within; None is the limit itself.
    The bounds of a `rate` rule are of the change per second. `hold` is how long a breach lasts
    before the level fires, `clear_hold` how long a clear value lasts before it is over, and
    `min_count` the readings that a breach has at least.
    """

    name: str
    high: float | None = None
    low: float | None = None
    clear_high: float | None = None
    clear_low: float | None = None
    hold: timedelta = _NO_TIME
    clear_hold: timedelta = _NO_TIME
    min_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is watched in the readings of each device; `levels` begins with the least severe.

    `sensor` is None for `offline`. `version` is 0 until the rule is published. `max_gap` is how
    long a value counts when nothing follows it, `timeout` the silence that is a breach (`stale` and
    `offline`, whose one level has no bounds), `min_interval` the least distance of two readings
    whose `rate` is taken, `grace` how far the bound of time stays behind the clock.
    `flap_openings` alerts within `flap_within` are flapping. `summary` is text for people.
    """

    rule_id: str
    kind: Kind
    alert_type: str
    levels: tuple[Level, ...]
    version: int = 0
    sensor: str | None = None
    unit: str = ""
    max_gap: timedelta = MAX_GAP
    timeout: timedelta | None = None
    min_interval: timedelta = MIN_INTERVAL
    grace: timedelta = GRACE
    flap_openings: int = FLAP_OPENINGS
    flap_within: timedelta = FLAP_WITHIN
    resolve_on_silence: bool = False
    summary: str = ""


def zone(level: Level, value: float) -> Zone:
    """Return where the value lies for this level; a value on a limit does not break it."""
    high, low = level.high, level.low
    if (high is not None and value > high) or (low is not None and value < low):
        return Zone.BREACH
    clear_high, clear_low = level.clear_high, level.clear_low
    if (clear_high is None or value <= clear_high) and (clear_low is None or value >= clear_low):
        return Zone.CLEAR
    return Zone.DEAD_BAND
