"""What an audit finds of hours, and what it puts right, on the double."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.comparison import Difference
from functions.aggregate.audit.hour_audit import HourAudit
from functions.aggregate.audit.window_audit import Finding, Repair
from functions.aggregate.hour_summary import HourKey
from functions.aggregate.store.hours import HourStore
from shared.mongo.collections import HOURS, VIEWS
from shared.mongo.database import Database
from tests.simulation.databases import Double
from tests.support.hours import HOUR, NOON, hours_in, made, store, view

KEY = HourKey("a", "lux", NOON + HOUR)
AFTER = datetime(2026, 3, 2, tzinfo=UTC)


async def no_pause(_seconds: float) -> None: ...


async def audited(database: Database, repair: Repair) -> list[Finding]:
    async with database.client.start_session(causal_consistency=True) as session:
        audit = HourAudit(database, session, 60, repair, no_pause)
        return [one async for one in audit.findings(NOON - HOUR, AFTER)]


async def filled(database: Database) -> None:
    """Store three windows of two hours, and make these."""
    await store(database, NOON + 3 * HOUR, view("a", 3), view("a", 4), view("a", 64))
    await made(database)
    await database[VIEWS].insert_many([view("a", 190)], ordered=False)


def test_hours_that_are_as_their_windows_are_no_finding() -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        return await audited(database, Repair())

    assert Double().run(scenario) == []


@pytest.mark.parametrize(("repair", "slots"), [(Repair(), [3, 4]), (Repair(grown=True), [3, 4, 5])])
def test_a_view_that_its_hour_has_not_is_found_and_taken_in(
    repair: Repair, slots: Sequence[int]
) -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        await database[VIEWS].insert_many([view("a", 5)], ordered=False)
        return await audited(database, repair), await hours_in(database)

    (finding,), hours = Double().run(scenario)

    assert finding.sentence.split() == [
        *("hour", "smaller", "a/lux/60s/hour/2026-03-01T12:00:00.000Z"),
        *("readings:", "stored", "2,", "found", "3"),
    ]
    assert (finding.is_repaired, hours["a", 0]) == (repair.grown, slots)


@pytest.mark.parametrize("repair", [Repair(grown=True), Repair(grown=True, raw_is_complete=True)])
def test_an_hour_of_more_than_its_windows_is_put_right_where_nothing_is_missing(
    repair: Repair,
) -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        await database[VIEWS].delete_many({"_id": view("a", 3)["_id"]})
        return await audited(database, repair), await hours_in(database)

    (finding,), hours = Double().run(scenario)

    assert finding.is_repaired is repair.raw_is_complete
    assert hours["a", 0] == ([4] if repair.raw_is_complete else [3, 4])


@pytest.mark.parametrize("expected", [None, {**view("a", 64), "count": 0}])
def test_an_hour_follows_a_view_that_is_put_right(expected: dict[str, Any] | None) -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        seen = view("a", 64)
        difference = Difference("larger", seen["_id"], "a", seen, expected)
        async with database.client.start_session(causal_consistency=True) as session:
            is_right = await AuditStore(database, session, 60).put_right(difference)
            left = await HourStore(database, session, 60).hours_of([KEY])
        return is_right, [hour["count"] for hour in left.values()]

    assert Double().run(scenario) == (True, [] if expected is None else [0])


def test_a_view_of_an_hour_that_is_not_made_is_put_right_alone() -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        seen = view("a", 190)
        difference = Difference("larger", seen["_id"], "a", seen, None)
        async with database.client.start_session(causal_consistency=True) as session:
            is_right = await AuditStore(database, session, 60).put_right(difference)
        return is_right, len(await database[HOURS].find({}).to_list())

    assert Double().run(scenario) == (True, 2)


def test_what_an_audit_writes_is_taken_into_its_hour() -> None:
    async def scenario(database: Database) -> Any:
        await filled(database)
        async with database.client.start_session(causal_consistency=True) as session:
            written = [(view("a", 7), 0), (view("a", 3, [1.0, 2.0]), 9)]
            refused = await AuditStore(database, session, 60).write_grown(written)
        return refused, await hours_in(database)

    refused, hours = Double().run(scenario)

    assert refused == [view("a", 3)["_id"]]
    assert hours["a", 0] == [3, 4, 7]
