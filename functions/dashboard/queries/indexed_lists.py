"""Every list of the dashboard, and the index that carries its filters.

A list whose filters no index carries would scan history, so it is refused with the reason. The
indexes are those of `shared.mongo.indexes`; the queries name them as hints, so that no plan strays.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.alerts.status import OPEN, STATUSES, Status
from shared.mongo.collections import ALERTS, DEAD_LETTERS, RAW, SILENCES, VIEWS
from shared.mongo.indexes import INDEXES
from shared.readings.identity import first_id_at

Filter = Mapping[str, object]
Index = tuple[tuple[str, int], ...]
_ASCENDING: Final = 1
_DESCENDING: Final = -1
# The closed sets that the alert and dlq functions write: an index that has them in its middle also
# serves a query without one, as a merge of its few branches.
_ANY_LETTER_STATUS: Final = {"$in": ["open", "redriven"]}


class UnindexedFilters(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """No index carries the filters of these `names` together; the message says which can be."""

    def __init__(self, names: list[str], detail: str) -> None:
        super().__init__(detail)
        self.names = names


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a collection that match one of `any_of`, newest `time` first.

    Rows of equal time follow each other by `_id`, in the `id_direction`. `index` is the one to use,
    None where several serve together.
    """

    collection: str
    time: str
    any_of: tuple[Filter, ...]
    index: Index | None
    id_direction: int = _ASCENDING

    def id_range_at(self, at: datetime) -> Filter:
        """Return what is known of the `_id` of rows at one time."""
        if self.collection != RAW:
            return {}
        # A reading's `_id` begins with its time. With this a device whose clock stands still, all
        # of whose readings have one time, is paged by `_id`; any other device by its own index.
        first = first_id_at(at)
        return {"_id": {"$gte": first, "$lt": f"{first}g"}}  # ids go on in hex digits, all below g


def device_telemetry(device_id: str) -> Listing:
    """Return the list of a device's readings."""
    return _listing_of(RAW, "ts", {"device_id": device_id}, id_direction=_DESCENDING)


def aggregates(filters: Filter) -> Listing:
    """Return the list of the windows of a device, of a sensor, of both or of all."""
    return _listing_of(VIEWS, "timestamp", filters)


def alerts(filters: Filter, statuses: Collection[Status] = ()) -> Listing:
    """Return the list of alerts that match the filters and have one of these statuses, or any."""
    if not filters and not statuses:
        return _listing_of(ALERTS, "created_at", {})
    one_of = {"status": {"$in": sorted(set(statuses or STATUSES))}}
    names = [*filters, *(["status"] if statuses else [])]
    return _listing_of(ALERTS, "created_at", {**filters, **one_of}, names=names)


def recent_alerts(since: datetime) -> Listing:
    """Return the list of alerts that are open, or were raised at `since` or later."""
    # Bare statuses would become one `$in`, which is sorted and not merged.
    before = {"created_at": {"$lt": since}}
    either: list[Filter] = [{"status": status, **before} for status in OPEN]
    either.append({"created_at": {"$gte": since}})
    return Listing(ALERTS, "created_at", tuple(either), None)


def silences() -> Listing:
    """Return the list of silences, the one that ends last first."""
    return _listing_of(SILENCES, "to", {})


def dead_letters(filters: Filter) -> Listing:
    """Return the list of dead letters: of a stage, a reason or all, with or without a status."""
    by_cause = "stage" in filters or "reason" in filters
    status = {"status": _ANY_LETTER_STATUS} if by_cause else {}
    return _listing_of(DEAD_LETTERS, "dead_lettered_at", {**status, **filters})


def _listing_of(
    collection: str,
    time: str,
    filters: Filter,
    id_direction: int = _ASCENDING,
    names: list[str] | None = None,
) -> Listing:
    """Return the list by the index that carries these filters; `names` are those that were given.

    Raise UnindexedFilters where there is none.
    """
    indexes = list(_indexes_by(time, collection))
    for index in indexes:
        if _filters_of(index, time) == set(filters):
            return Listing(collection, time, (filters,), index, id_direction)
    if names is None:
        names = [name for name, value in filters.items() if isinstance(value, str)]
    combinations = [" and ".join(sorted(_filters_of(index, time))) for index in indexes]
    raise UnindexedFilters(
        names,
        f"{' and '.join(names)} cannot be combined, since no index carries that;"
        f" these can: {'; '.join(one for one in combinations if one)}",
    )


def _indexes_by(time: str, collection: str) -> Iterator[Index]:
    """Yield the indexes of a collection that hold the time of every row."""
    for made in INDEXES[collection]:
        index: Index = tuple(made.document["key"].items())
        if time in dict(index) and "partialFilterExpression" not in made.document:
            yield index


def _filters_of(index: Index, time: str) -> set[str]:
    """Return the fields before the time: those that a query must fix to read in order of time."""
    names = [name for name, _ in index]
    return set(names[: names.index(time)])
