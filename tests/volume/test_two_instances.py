"""A backlog counted by one instance of aggregate, and by two."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from pymongo import AsyncMongoClient

from functions.aggregate.intake import keep_and_note
from shared.mongo.collections import Document
from shared.mongo.database import majority
from shared.mongo.indexes import make_indexes
from shared.mongo.reading_store import Incoming
from shared.readings.reading_event import MAX_READINGS_PER_RECORD
from shared.settings import AggregateSettings
from tests.volume.figures import Figures
from tests.volume.fleet import scattered
from tests.volume.processes import System, beside, failed_refreshes, watched
from tests.volume.recompute import wrong_views
from tests.volume.sizes import Size
from tests.volume.waiting import Documents, notes_left, seconds_until, window_before

pytestmark = [pytest.mark.database, pytest.mark.volume, pytest.mark.timeout(900)]
NAME = "two instances"
WINDOWS = 4
PATIENCE_S = 240


def test_two_instances_share_the_work(
    system: System, documents: Documents, size: Size, figures: Figures
) -> None:
    """The ratio is noted, not demanded: the database takes its part of the same processors."""
    asyncio.run(_scenario(system, documents, size, figures))

    assert figures.unmet(NAME) == []


async def _scenario(system: System, documents: Documents, size: Size, figures: Figures) -> None:
    rates = []
    shares = []
    for instances in (1, 2):
        documents.client.drop_database(documents.name)
        await _has_begun(system, documents)
        await _store_backlog(system, size)
        rate, cpu_s = await _drained(system, documents, instances, size, figures)
        rates.append(rate)
        shares.append(cpu_s)
        views, wrong = wrong_views(system.mongo_url, system.database)
        figures.note(NAME, f"views compared, {instances}", views, "")
        figures.at_most(NAME, f"wrong views, {instances}", len(wrong), "", 0)
    figures.note(NAME, "pairs counted by one", rates[0], "a second")
    figures.note(NAME, "pairs counted by two", rates[1], "a second")
    figures.note(NAME, "two / one", rates[1] / max(rates[0], 1), "")
    figures.note(NAME, "processor of one", sum(shares[0]), "s")
    figures.note(NAME, "processor of two, the busier", max(shares[1]), "s")
    figures.note(NAME, "processor of two, the idler", min(shares[1]), "s")


async def _has_begun(system: System, documents: Documents) -> None:
    """Run aggregate on the empty database, so that there is nothing for it to scan later."""
    done = {"_id": "refresh/60s", "scan.phase": "done"}
    async with beside(system.function("aggregate")):
        await seconds_until(
            lambda: documents["refresh_state"].find_one(done) is not None, PATIENCE_S
        )


async def _store_backlog(system: System, size: Size) -> None:
    """Store and note late readings, as aggregate does, while none of it refreshes."""
    now = datetime.now(UTC)
    newest = window_before(now) - timedelta(hours=1)
    readings = list(
        scattered(size.backlog_pairs // WINDOWS, WINDOWS, newest, timedelta(minutes=WINDOWS))
    )
    async with AsyncMongoClient[Document](system.mongo_url, tz_aware=True) as client:
        database = majority(client, system.database)
        await make_indexes(database)
        for first in range(0, len(readings), MAX_READINGS_PER_RECORD):
            some = readings[first : first + MAX_READINGS_PER_RECORD]
            incoming = [Incoming(reading, now) for reading in some]
            await keep_and_note(database, incoming, AggregateSettings())


async def _drained(
    system: System, documents: Documents, instances: int, size: Size, figures: Figures
) -> tuple[float, Sequence[float]]:
    """Return the pairs counted in a second, and each instance's processor time.

    Measured from when the shards are shared equally until no note is left; there is no scan.
    """
    views = documents["aggregated_data"]
    async with AsyncExitStack() as stack:
        functions = [
            await stack.enter_async_context(
                beside(system.function("aggregate", f"{instances}-{number}"))
            )
            for number in range(instances)
        ]
        await seconds_until(
            lambda: is_shared(holders(documents), instances), size.shared_within_s, 0.05
        )
        usages = [await stack.enter_async_context(watched(one.process.pid)) for one in functions]
        database_s = _database_cpu_s(documents)
        counted, began = views.estimated_document_count(), time.monotonic()
        await seconds_until(lambda: notes_left(documents) == 0, PATIENCE_S, 0.05)
        took_s = time.monotonic() - began
        counted = views.estimated_document_count() - counted
        database_s = _database_cpu_s(documents) - database_s
        figures.note(
            NAME, f"processors at work in the database, {instances}", database_s / took_s, ""
        )
        figures.at_most(NAME, f"notes left, {instances}", notes_left(documents), "", 0)
        failed = sum(failed_refreshes(one) for one in functions)
        figures.at_most(NAME, f"failed refreshes, {instances}", failed, "", 0)
    return counted / took_s, [usage.cpu_s for usage in usages]


def _database_cpu_s(documents: Documents) -> float:
    """Return the processor time that MongoDB has used."""
    used = documents.client.admin.command("serverStatus")["extra_info"]
    return float(used["user_time_us"] + used["system_time_us"]) / 1e6


def holders(documents: Documents) -> Counter[str]:
    """Return how many shards each process holds."""
    shards = documents["refresh_state"].find({"_id": {"$regex": r"^refresh/60s/\d+/\d+$"}})
    held = Counter(state["owner"] for state in shards)
    del held[""]
    return held


def is_shared(held: Counter[str], instances: int) -> bool:
    """Return whether so many processes hold all shards, none more than one above another."""
    counts = held.values()
    is_whole = sum(counts) == AggregateSettings().aggregate_shards
    return is_whole and len(held) == instances and max(counts) - min(counts) <= 1
