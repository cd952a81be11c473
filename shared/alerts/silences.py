"""Which alerts a silence covers, and when: a silence keeps notices back, never an alert; pure.

A silence is a document of `silences`: `matchers` (one or more of `device_id`, exact or a prefix
with `*` at its end, `rule_id`, `severity`, `sensor_type`), `from` and `to` (aware UTC, half-open),
`comment` and `actor`. An alert is covered where every matcher holds.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

MATCHERS: Final = ("device_id", "rule_id", "severity", "sensor_type")
_ANY_END: Final = "*"


def covers(matchers: Mapping[str, str], alert: Mapping[str, Any]) -> bool:
    """Return whether every matcher holds for the alert; without a matcher nothing is covered.

    A matcher of an unknown name covers nothing either: a silence must not keep back what nobody
    meant.
    """
    return bool(matchers) and all(
        name in MATCHERS and _holds(name, wanted, alert.get(name))
        for name, wanted in matchers.items()
    )


def is_in_force(silence: Mapping[str, Any], now: datetime) -> bool:
    """Return whether the silence holds at `now`: from its `from` until just before its `to`."""
    begins: datetime = silence["from"]
    ends: datetime = silence["to"]
    return begins <= now < ends


def silence_of(
    silences: Iterable[Mapping[str, Any]], alert: Mapping[str, Any], now: datetime
) -> Mapping[str, Any] | None:
    """Return the silence that keeps the alert's notices back at `now`, None where none does.

    Of several it is the one that ends last.
    """
    found = [one for one in silences if is_in_force(one, now) and covers(one["matchers"], alert)]
    return max(found, key=lambda one: (one["to"], str(one["_id"])), default=None)


def _holds(name: str, wanted: str, value: object) -> bool:
    if name == "device_id" and wanted.endswith(_ANY_END):
        return isinstance(value, str) and value.startswith(wanted.removesuffix(_ANY_END))
    return value == wanted
