"""The pages of a list, by keyset pagination on (time, _id).

Equal times are frequent (all sensors of a window), and the indexes that others rely on end with the
time. So the rows of the time at which a page ends are read by themselves, in the order of their
`_id`; only they are ever sorted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.dashboard.queries.cursor import Position
from functions.dashboard.queries.indexed_lists import Filter, Listing
from shared.mongo.collections import RAW, Document
from shared.mongo.database import Database
from shared.readings.identity import EPOCH, first_id_at

_DESCENDING: Final = -1
# Left out of rows: a dead letter's bytes (up to 1 MiB each), what only writers need, and what an
# alert's own route shows.
_HIDDEN: Final = dict.fromkeys(
    (
        "data", "dedup", "ts_us", "reading_ids",
        "opened_by", "closed_by", "amended", "operator_actions",
    ),
    0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` rows with `start` <= time < `end`, beginning after the row at `after`."""

    limit: int
    start: datetime | None = None
    end: datetime | None = None
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The rows, and the position of the last one where more follow."""

    rows: Sequence[Document]
    next: Position | None


async def page_of(database: Database, listing: Listing, request: PageRequest) -> Page:
    """Return one page of `listing`, by at most three queries that examine little more than it."""
    wanted = request.limit + 1  # the last one only says that more follow
    rows: list[Document] = []
    if request.after is not None:
        after_id = {"$gt" if listing.id_direction > 0 else "$lt": request.after.row_id}
        rows = await _rows_at(database, listing, request.after.at, after_id, wanted)
    if len(rows) < wanted:
        rows += await _rows_before(database, listing, request, wanted - len(rows))
    return _page(rows, listing.time, request.limit)


async def telemetry_page_of(database: Database, request: PageRequest) -> Page:
    """Return one page of all devices' readings, by `_id` alone, since that begins with the time."""
    bounds: dict[str, str] = {}
    if request.start is not None:
        bounds["$gte"] = first_id_at(max(request.start, EPOCH))
    if request.after is not None:
        bounds["$lt"] = request.after.row_id
    elif request.end is not None:
        bounds["$lt"] = first_id_at(max(request.end, EPOCH))
    found = database[RAW].find({"_id": bounds} if bounds else {}, _HIDDEN)
    rows = await found.sort("_id", _DESCENDING).limit(request.limit + 1).to_list()
    return _page(rows, "ts", request.limit)


async def _rows_before(
    database: Database, listing: Listing, request: PageRequest, wanted: int
) -> list[Document]:
    """Return the newest rows before the time at which the last page ended, in the list's order."""
    before = request.end if request.after is None else request.after.at
    span: dict[str, datetime] = {}
    if request.start is not None:
        span["$gte"] = request.start
    if before is not None:
        span["$lt"] = before
    found = database[listing.collection].find(_filter(listing, span), _HIDDEN)
    if listing.index is not None:
        found = found.hint(list(listing.index))
    rows = await found.sort(listing.time, _DESCENDING).limit(wanted).to_list()
    if len(rows) == wanted > 1 and rows[-1][listing.time] == rows[-2][listing.time]:
        last = rows[-1][listing.time]  # its rows may go on: read them again, in their order
        rows = [row for row in rows if row[listing.time] != last]
        rows += await _rows_at(database, listing, last, {}, wanted - len(rows))
    return _in_order(rows, listing)


async def _rows_at(
    database: Database, listing: Listing, at: datetime, after_id: Mapping[str, str], wanted: int
) -> list[Document]:
    """Return the rows of one time in the order of their `_id`, from `after_id` on."""
    conditions = [_filter(listing, at), listing.id_range_at(at)]
    if after_id:
        conditions.append({"_id": after_id})
    found = database[listing.collection].find({"$and": conditions}, _HIDDEN)
    if listing.index is not None and listing.collection != RAW:
        found = found.hint(list(listing.index))
    return await found.sort("_id", listing.id_direction).limit(wanted).to_list()


def _filter(listing: Listing, time: object) -> Filter:
    branches = [{"$and": [one, {listing.time: time}]} if time else one for one in listing.any_of]
    return branches[0] if len(branches) == 1 else {"$or": branches}


def _in_order(rows: list[Document], listing: Listing) -> list[Document]:
    by_id = sorted(rows, key=lambda row: str(row["_id"]), reverse=listing.id_direction < 0)
    # Sorting is stable: rows of equal time stay in the order of their ids.
    return sorted(by_id, key=lambda row: row[listing.time], reverse=True)


def _page(rows: Sequence[Document], time: str, limit: int) -> Page:
    shown = rows[:limit]
    if len(rows) <= limit:
        return Page(shown, None)
    return Page(shown, Position(shown[-1][time], shown[-1]["_id"]))
