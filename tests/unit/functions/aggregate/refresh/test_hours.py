"""Making hours, and taking views into those that are made, on the double."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.aggregate.refresh import hour_scan
from functions.aggregate.refresh.hour_scan import HourScan
from functions.aggregate.refresh.hour_writes import HourWrites
from functions.aggregate.refresh.seen import Noted
from functions.aggregate.store.hours import HourStore, hours_id
from functions.aggregate.store.pairs import Pair
from functions.aggregate.store.state import DONE, SECOND
from shared.mongo.collections import REFRESH, VIEWS
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from tests.simulation.databases import Double
from tests.support.hours import HOUR, NOON, hours_in, made, refresh_of, set_scan, store, view


def test_an_hour_is_made_once_the_horizon_is_past_it() -> None:
    async def scenario(database: Database) -> Any:
        await store(database, NOON + 2 * HOUR, view("a", 3), view("b", 59), view("a", 121))
        await made(database)
        return await hours_in(database), await database[REFRESH].find_one({"_id": hours_id(60)})

    hours, state = Double().run(scenario)

    assert hours == {("a", 0): [3], ("b", 0): [59]}
    assert state["position"] == NOON + 2 * HOUR


def test_hours_are_made_of_some_devices_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hour_scan, "DEVICES", 2)
    monkeypatch.setattr(hour_scan, "MANY", 1)

    async def scenario(database: Database) -> Any:
        views = [view(name, minute) for name in "abcde" for minute in (0, 1, 60)]
        await store(database, NOON + 2 * HOUR, *views)
        await made(database)
        return await hours_in(database)

    wanted = {(name, hour): [0, 1] if hour == 0 else [0] for name in "abcde" for hour in (0, 1)}
    assert Double().run(scenario) == wanted


def test_one_process_makes_hours_at_a_time() -> None:
    async def scenario(database: Database) -> Any:
        await store(database, NOON + HOUR, view("a", 3))
        first = await HourScan(refresh_of(database, owner="v2-first")).step()
        return first, await HourScan(refresh_of(database, owner="v2-second")).step()

    async def scenario_with_work(database: Database) -> Any:
        await store(database, NOON + 2 * HOUR, view("a", 3), view("a", 63))
        first = await HourScan(refresh_of(database, owner="v2-first")).step()
        return first, await HourScan(refresh_of(database, owner="v2-second")).step()

    assert Double().run(scenario) == (False, True)
    assert Double().run(scenario_with_work) == (False, None)


def test_windows_that_make_no_hour_are_left_alone() -> None:
    async def scenario(database: Database) -> Any:
        is_done = await HourScan(refresh_of(database, width=7)).step()
        async with database.client.start_session(causal_consistency=True) as session:
            await HourWrites(database, session, 7).take_in_views([view("a", 0)])
        return is_done, await hours_in(database)

    assert Double().run(scenario) == (True, {})


def test_while_the_version_before_may_write_views_no_hour_is_made() -> None:
    async def scenario(database: Database) -> Any:
        await store(database, NOON + HOUR, view("a", 3))
        await set_scan(database, SECOND, EPOCH)
        return await HourScan(refresh_of(database)).step(), await hours_in(database)

    assert Double().run(scenario) == (True, {})


def test_after_the_version_before_was_at_work_hours_are_gone_over_again() -> None:
    async def scenario(database: Database) -> Any:
        await store(database, NOON + HOUR, view("a", 3))
        await made(database)
        await database[VIEWS].insert_many([view("a", 4)], ordered=False)
        await set_scan(database, DONE, NOON)
        await made(database)
        return await hours_in(database)

    assert Double().run(scenario) == {("a", 0): [3, 4]}


def named() -> Noted:
    """Return a window as a note names it that has no reading of it."""
    noted = Noted(60)
    noted.name(Pair("a", NOON + timedelta(minutes=3)))
    return noted


def read() -> Noted:
    """Return a window as a note has a reading of it."""
    noted = Noted(60)
    ms = (NOON + timedelta(minutes=3) - EPOCH) // timedelta(milliseconds=1)
    noted.add({"_id": f"{ms:012x}", "device_id": "a", "ts": NOON, "measurements": {"lux": 1.0}})
    return noted


@pytest.mark.parametrize(("horizon", "slots"), [(NOON + HOUR, [3]), (NOON, None)])
@pytest.mark.parametrize("noted", [named, read], ids=["named", "read"])
def test_a_late_view_is_taken_into_an_hour_that_the_horizon_has_passed(
    horizon: datetime, slots: list[int] | None, noted: Callable[[], Noted]
) -> None:
    async def scenario(database: Database) -> Any:
        await store(database, horizon, view("a", 3), view("b", 3))
        async with database.client.start_session(causal_consistency=True) as session:
            await HourWrites(database, session, 60).take_in(noted())
        return await hours_in(database)

    assert Double().run(scenario) == ({} if slots is None else {("a", 0): slots})


def test_hours_that_others_write_all_the_time_are_to_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refused(_store: HourStore, hours: Sequence[tuple[dict[str, Any], int]]) -> list[str]:
        return [hour["_id"] for hour, _ in hours]

    monkeypatch.setattr(HourStore, "replace", refused)

    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await HourWrites(database, session, 60).make([view("a", 3)])

    with pytest.raises(TemporaryError, match="1 hours are being written by others"):
        Double().run(scenario)
