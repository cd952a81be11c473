"""What is on a page of a list? Reads rows from an index by time, from where the last page ended.

The routes call `page_of`; `listings` says which index answers. Equal times are frequent (all
sensors of a window), and the indexes that others rely on end with the time. So the rows of the time
at which a page ends are read by themselves, in the order of their `_id`; only they are ever sorted.
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

_DOWN: Final = -1
# Left out of rows: a dead letter's bytes (up to 1 MiB each), and what only writers need.
_HIDDEN: Final = {"data": 0, "dedup": 0, "ts_us": 0, "reading_ids": 0}


@dataclass(frozen=True, slots=True)
class Asked:
    """At most `limit` rows from `start` on, before `end`, and behind the row at `after`."""

    limit: int
    start: datetime | None = None
    end: datetime | None = None
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The rows, and the position of the last one where more follow."""

    rows: Sequence[Document]
    next: Position | None


async def page_of(database: Database, listing: Listing, asked: Asked) -> Page:
    """Give one page of `listing`, with at most three queries that examine little more than it."""
    wanted = asked.limit + 1  # the last one only says that more follow
    rows: list[Document] = []
    if asked.after is not None:
        behind = {"$gt" if listing.ties > 0 else "$lt": asked.after.row_id}
        rows = await _tied(database, listing, asked.after.at, behind, wanted)
    if len(rows) < wanted:
        rows += await _older(database, listing, asked, wanted - len(rows))
    return _page(rows, listing.time, asked.limit)


async def telemetry_page_of(database: Database, asked: Asked) -> Page:
    """Give one page of all devices' readings, by `_id`, since that begins with the time."""
    bounds: dict[str, str] = {}
    if asked.start is not None:
        bounds["$gte"] = first_id_at(max(asked.start, EPOCH))
    if asked.after is not None:
        bounds["$lt"] = asked.after.row_id
    elif asked.end is not None:
        bounds["$lt"] = first_id_at(max(asked.end, EPOCH))
    found = database[RAW].find({"_id": bounds} if bounds else {}, _HIDDEN)
    rows = await found.sort("_id", _DOWN).limit(asked.limit + 1).to_list()
    return _page(rows, "ts", asked.limit)


async def _older(database: Database, listing: Listing, asked: Asked, wanted: int) -> list[Document]:
    before = asked.end if asked.after is None else asked.after.at
    span: dict[str, datetime] = {}
    if asked.start is not None:
        span["$gte"] = asked.start
    if before is not None:
        span["$lt"] = before
    found = database[listing.collection].find(_filter(listing, span), _HIDDEN)
    if listing.index is not None:
        found = found.hint(list(listing.index))
    rows = await found.sort(listing.time, _DOWN).limit(wanted).to_list()
    if len(rows) == wanted > 1 and rows[-1][listing.time] == rows[-2][listing.time]:
        last = rows[-1][listing.time]  # its rows may go on: read them again, in their order
        rows = [row for row in rows if row[listing.time] != last]
        rows += await _tied(database, listing, last, {}, wanted - len(rows))
    return _in_order(rows, listing)


async def _tied(
    database: Database, listing: Listing, at: datetime, behind: Mapping[str, str], wanted: int
) -> list[Document]:
    conditions = [_filter(listing, at), listing.tied_at(at)]
    if behind:
        conditions.append({"_id": behind})
    found = database[listing.collection].find({"$and": conditions}, _HIDDEN)
    if listing.index is not None and listing.collection != RAW:
        found = found.hint(list(listing.index))
    return await found.sort("_id", listing.ties).limit(wanted).to_list()


def _filter(listing: Listing, time: object) -> Filter:
    branches = [{"$and": [one, {listing.time: time}]} if time else one for one in listing.any_of]
    return branches[0] if len(branches) == 1 else {"$or": branches}


def _in_order(rows: list[Document], listing: Listing) -> list[Document]:
    by_id = sorted(rows, key=lambda row: str(row["_id"]), reverse=listing.ties < 0)
    return sorted(by_id, key=lambda row: row[listing.time], reverse=True)  # stable: ties stay


def _page(rows: Sequence[Document], time: str, limit: int) -> Page:
    shown = rows[:limit]
    if len(rows) <= limit:
        return Page(shown, None)
    return Page(shown, Position(shown[-1][time], shown[-1]["_id"]))
