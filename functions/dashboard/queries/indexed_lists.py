"""Which index answers which filters? Every list of the dashboard, and the filters it can carry.

A list with filters that no index carries would scan history, so it is refused with the reason.
The indexes are made in `shared.mongo`; the queries name them as hints, so that no plan can stray.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, VIEWS
from shared.readings.identity import first_id_at

Filter = Mapping[str, object]
Index = tuple[tuple[str, int], ...]
_UP: Final = 1
_DOWN: Final = -1
_MILLISECOND: Final = timedelta(milliseconds=1)
# The closed sets that the alert and dlq functions write: an index that has them in its middle also
# serves who does not ask for one, as a merge of its few branches.
_SEVERITIES: Final = {"$in": ["warning", "critical"]}
_LETTER_STATES: Final = {"$in": ["open", "redriven"]}

_TELEMETRY: Final[tuple[Index, ...]] = ((("device_id", _UP), ("ts", _DOWN)),)
_AGGREGATES: Final[tuple[Index, ...]] = (
    (("timestamp", _DOWN), ("_id", _UP)),
    (("device_id", _UP), ("timestamp", _DOWN)),
    (("sensor_type", _UP), ("timestamp", _DOWN), ("_id", _UP)),
    (("device_id", _UP), ("sensor_type", _UP), ("timestamp", _DOWN)),
)
_ALERTS: Final[tuple[Index, ...]] = (
    (("created_at", _DOWN),),
    (("status", _UP), ("created_at", _DOWN)),
    (("severity", _UP), ("created_at", _DOWN)),
    (("device_id", _UP), ("severity", _UP), ("created_at", _DOWN)),
    (("sensor_type", _UP), ("severity", _UP), ("created_at", _DOWN)),
)
_DEVICES: Final[tuple[Index, ...]] = ((("first_ts", _DOWN), ("_id", _UP)),)
_DEAD_LETTERS: Final[tuple[Index, ...]] = (
    (("dead_lettered_at", _DOWN),),
    (("status", _UP), ("dead_lettered_at", _DOWN)),
    (("stage", _UP), ("status", _UP), ("dead_lettered_at", _DOWN)),
    (("reason", _UP), ("status", _UP), ("dead_lettered_at", _DOWN)),
)


class UncarriedFilters(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """No index carries the filters of these `names` together; the message says which can be."""

    def __init__(self, names: list[str], detail: str) -> None:
        super().__init__(detail)
        self.names = names


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a collection that match one of `any_of`, newest `time` first.

    Rows of equal time follow each other by `_id`, upwards or downwards (`ties`). `index` is the one
    to use, None where several serve together.
    """

    collection: str
    time: str
    any_of: tuple[Filter, ...]
    index: Index | None
    ties: int = _UP

    def tied_at(self, at: datetime) -> Filter:
        """What is known of the rows at one time, beside the time."""
        if self.collection != RAW:
            return {}
        # A reading's `_id` begins with its time. With this a device whose clock stands still, all
        # of whose readings are tied, is paged by `_id`; any other device by its own index.
        return {"_id": {"$gte": first_id_at(at), "$lt": first_id_at(at + _MILLISECOND)}}


def device_telemetry(device_id: str) -> Listing:
    return _carried(RAW, "ts", {"device_id": device_id}, _TELEMETRY, ties=_DOWN)


def aggregates(filters: Filter) -> Listing:
    """Give the windows of a device, of a sensor, of both or of all."""
    return _carried(VIEWS, "timestamp", filters, _AGGREGATES)


def alerts(filters: Filter) -> Listing:
    """Give the alerts of a status, or of a device or sensor or all with or without a severity."""
    open_ = {"severity": _SEVERITIES} if "device_id" in filters or "sensor_type" in filters else {}
    return _carried(ALERTS, "created_at", {**open_, **filters}, _ALERTS)


def recent_alerts(since: datetime) -> Listing:
    """Give the alerts that are active, or were raised at `since` or later."""
    either = ({"status": "active"}, {"created_at": {"$gte": since}})
    return Listing(ALERTS, "created_at", either, None)


def devices() -> Listing:
    """Give the devices, the one heard first last.

    By their first reading's time, since that of the newest changes while one pages: a device would
    move ahead of the cursor unseen.
    """
    return _carried(DEVICES, "first_ts", {}, _DEVICES)


def dead_letters(filters: Filter) -> Listing:
    """Give the dead letters of a stage or a reason or all, with or without a status."""
    open_ = {"status": _LETTER_STATES} if "stage" in filters or "reason" in filters else {}
    return _carried(DEAD_LETTERS, "dead_lettered_at", {**open_, **filters}, _DEAD_LETTERS)


def _carried(
    collection: str, time: str, filters: Filter, indexes: tuple[Index, ...], ties: int = _UP
) -> Listing:
    for index in indexes:
        if _before(time, index) == set(filters):
            return Listing(collection, time, (filters,), index, ties)
    names = [name for name, value in filters.items() if isinstance(value, str)]
    carried = [" and ".join(sorted(_before(time, index))) for index in indexes]
    raise UncarriedFilters(
        names,
        f"{' and '.join(names)} cannot be combined, since no index answers that;"
        f" these can: {'; '.join(combination for combination in carried if combination)}",
    )


def _before(time: str, index: Index) -> set[str]:
    names = [name for name, _ in index]
    return set(names[: names.index(time)])
