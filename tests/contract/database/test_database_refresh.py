"""What the refresh stores and reads: the same on the double and on the real MongoDB."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.aggregate.store import readings as readings_module
from functions.aggregate.store.leases import LEASE_MS, Leases
from functions.aggregate.store.note import LATE, LIVE, Lane, NewNotes
from functions.aggregate.store.notes import Notes, write_notes
from functions.aggregate.store.pairs import Pair
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.state import BEGIN, FIRST, State, shard_id, summary_id
from functions.aggregate.store.views import ViewStore
from shared.mongo.collections import RAW, REFRESH, VIEWS
from shared.mongo.database import Database, Session
from shared.readings.identity import EPOCH, reading_id_of
from tests.simulation.databases import Databases

_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_CLOCK = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
_WIDTH = 60
_SUMMARY = summary_id(_WIDTH)


@asynccontextmanager
async def _session(database: Database) -> AsyncIterator[Session]:
    async with database.client.start_session(causal_consistency=True) as session:
        yield session


def _reading(device_id: str, seconds: float, **more: Any) -> dict[str, Any]:
    ts = _START + timedelta(seconds=seconds)
    digest = f"{device_id}{seconds:g}".encode().hex().rjust(32, "0")
    return {"_id": reading_id_of(ts, digest), "device_id": device_id, "ts": ts, **more}


def _view(device_id: str, sensor: str, count: int, minute: int = 0) -> dict[str, Any]:
    start = _START + timedelta(minutes=minute)
    return {
        "_id": f"{device_id}/{sensor}/60s/{start:%Y-%m-%dT%H:%M:%S}.000Z",
        "device_id": device_id,
        "sensor_type": sensor,
        "timestamp": start,
        "window_seconds": _WIDTH,
        "count": count,
    }


def test_a_view_is_replaced_where_its_count_is_the_one_that_was_read(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        await database[VIEWS].insert_many([_view("a", "x", 2), _view("b", "x", 3)], ordered=False)
        async with _session(database) as session:
            store = ViewStore(database, session, _WIDTH)
            refused = await store.replace(
                [
                    (_view("a", "x", 4), 2),
                    (_view("b", "x", 5), 2),
                    (_view("c", "x", 1), 0),
                    (_view("a", "x", 9), 0),
                ]
            )
            return refused, await store.counts_in(_START)

    refused, counts = databases.run(scenario)

    assert sorted(refused) == [_view("a", "x", 0)["_id"], _view("b", "x", 0)["_id"]]
    assert counts == {Pair(name, _START): {"x": n} for name, n in (("a", 4), ("b", 3), ("c", 1))}


def test_the_counts_of_views_are_read_by_sensor_by_pair_and_by_window(databases: Databases) -> None:
    views = [_view("a", "x", 2), _view("a", "y", 3), _view("b", "x", 4), _view("a", "x", 5, 1)]
    other_width = {**_view("a", "x", 9), "_id": "a/x/30s/", "window_seconds": 30}
    a, b, later = Pair("a", _START), Pair("b", _START), Pair("a", _START + timedelta(minutes=1))

    async def scenario(database: Database) -> Any:
        await database[VIEWS].insert_many([*views, other_width], ordered=False)
        async with _session(database) as session:
            store = ViewStore(database, session, _WIDTH)
            return (
                await store.counts_of_sensors({a: ["x", "z"], later: ["x"]}),
                await store.counts_of([a, b, Pair("c", _START)]),
                await store.counts_between(_START, _START + timedelta(minutes=1)),
            )

    by_sensor, by_pair, by_window = databases.run(scenario)

    assert by_sensor == {a: {"x": 2, "z": 0}, later: {"x": 5}}
    assert by_pair == {a: {"x": 2, "y": 3}, b: {"x": 4}, Pair("c", _START): {}}
    assert by_window == {a: {"x": 2, "y": 3}, b: {"x": 4}}


def test_readings_are_read_in_pages_and_none_is_missed(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings_module, "PAGE", 2)
    stored = [_reading("a", n // 3, n=n, client_id="c") for n in range(7)]
    stored = [{**one, "_id": f"{one['_id'][:-1]}{n}"} for n, one in enumerate(stored)]

    async def scenario(database: Database) -> Any:
        await database[RAW].insert_many([*stored, _reading("b", 1)], ordered=False)
        async with _session(database) as session:
            pages = ReadingPages(database, session)
            end = _START + timedelta(seconds=2)
            between = [one async for page in pages.between(_START, end) for one in page]
            device = [one async for page in pages.of_device("a", _START, end) for one in page]
            few = await pages.of_ranges([(["a", "b"], _START, end)], 8)
            many = await pages.of_ranges([(["a"], _START, end)], 6)
            return between, device, few, many, await pages.first_after("")

    between, device, few, many, first = databases.run(scenario)

    assert sorted(one.get("n", 9) for one in between) == [0, 1, 2, 3, 4, 5, 9]
    assert [one["_id"] for one in between] == sorted(one["_id"] for one in between)
    assert {one["n"] for one in device} == {0, 1, 2, 3, 4, 5}
    assert (len(few), many) == (7, None)
    assert first == {name: value for name, value in stored[0].items() if name != "client_id"}


def _noted(shards: int, *readings: tuple[str, dict[str, Any]]) -> NewNotes:
    new = NewNotes(shards)
    for lane, reading in readings:
        new.add(lane, reading)
    return new


async def _write(database: Database, session: Session, new: NewNotes, clock: datetime) -> None:
    await write_notes(database, session, new, _WIDTH, clock)


def test_a_lane_reads_its_notes_up_to_a_time_and_deletes_what_it_has_read(
    databases: Databases,
) -> None:
    lane, late = Lane(LIVE, 1, 0), Lane(LATE, 1, 0)

    async def scenario(database: Database) -> Any:
        async with _session(database) as session:
            notes = Notes(database, session, _WIDTH)
            for second in (0, 1, 2):
                new = _noted(1, (LIVE, _reading("a", second, temperature_c=1.5)))
                await _write(database, session, new, _CLOCK + timedelta(seconds=second))
            named = NewNotes(1)
            named.add_pair(LATE, Pair("b", _START))
            await _write(database, session, named, _CLOCK)
            first = await notes.page(lane, "", _CLOCK + timedelta(seconds=1), 1)
            rest = await notes.page(lane, first[-1].note_id, _CLOCK + timedelta(seconds=1), 9)
            oldest = await notes.oldest(lane)
            await notes.delete([first[0].note_id])
            left = await notes.page(lane, "", None, 9)
            pairs = set().union(*[page async for page in notes.pairs()])
            decoded = [one.decoded() for one in (*first, *await notes.page(late, "", None, 9))]
            return [len(first), len(rest), len(left)], oldest, pairs, decoded

    lengths, oldest, pairs, decoded = databases.run(scenario)

    assert lengths == [1, 1, 2]
    assert oldest == _CLOCK
    assert pairs == {Pair("a", _START), Pair("b", _START)}
    assert decoded == [([_reading("a", 0, temperature_c=1.5)], []), ([], [Pair("b", _START)])]


def test_notes_of_other_generations_are_found(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        async with _session(database) as session:
            for shards in (1, 2, 10):
                await _write(database, session, _noted(shards, (LIVE, _reading("a", 0))), _CLOCK)
            notes = Notes(database, session, _WIDTH)
            return [await notes.generations(LIVE, but=shards) for shards in (1, 2, 10, 4)]

    but_1, but_2, but_10, but_4 = databases.run(scenario)

    assert [{shards for shards, _ in found} for found in (but_1, but_2, but_10, but_4)] == [
        {2, 10},
        {1, 10},
        {1, 2},
        {1, 2, 10},
    ]


async def _with_due(database: Database, state_id: str, milliseconds: int, **more: Any) -> None:
    await database[REFRESH].insert_one({"_id": state_id, "horizon": EPOCH, **more})
    due = [{"$set": {"due": {"$add": ["$$NOW", milliseconds]}}}]
    await database[REFRESH].update_one({"_id": state_id}, due)


@pytest.mark.parametrize(
    ("due_in_ms", "is_taken"),
    [(-60_000, True), (LEASE_MS - 5_000, False), (3_600_000, True)],
)
def test_a_lease_is_held_for_its_length_and_no_longer_whatever_it_says(
    databases: Databases, *, due_in_ms: int, is_taken: bool
) -> None:
    state_id = shard_id(_WIDTH, 2, 1)

    async def scenario(database: Database) -> Any:
        await _with_due(database, state_id, due_in_ms, owner="v2-another")
        leases = Leases(database, "v2-me")
        async with _session(database) as session:
            held = await leases.held(session, _SUMMARY + "/")
            taken = await leases.take(session, state_id)
            again = await leases.take(session, state_id)
            return held, taken, again

    held, taken, again = databases.run(scenario)

    assert held == ({} if is_taken else {state_id: "v2-another"})
    assert (taken is not None, again is not None) == (is_taken, is_taken)


def test_who_leaves_gives_back_what_it_holds_and_is_forgotten(databases: Databases) -> None:
    state_id, instance = shard_id(_WIDTH, 1, 0), f"{_SUMMARY}/instances/v2-me"

    async def scenario(database: Database) -> Any:
        await _with_due(database, state_id, -1, owner="")
        await _with_due(database, f"{_SUMMARY}/instances/v2-dead", -60_000, owner="v2-dead")
        leases = Leases(database, "v2-me")
        async with _session(database) as session:
            await leases.forget(session, f"{_SUMMARY}/instances/")
            await leases.appear(session, instance)
            await leases.take(session, state_id)
            await leases.renew(session, [state_id])
            held = await leases.held(session, _SUMMARY + "/")
            await leases.release(session, [state_id])
            await leases.disappear(session, instance)
            left = await database[REFRESH].find({}, {"owner": 1}, session=session).to_list()
            return held, left, await Leases(database, "v2-other").take(session, state_id)

    held, left, taken = databases.run(scenario)

    assert held == {state_id: "v2-me", instance: "v2-me"}
    assert left == [{"_id": state_id, "owner": ""}]
    assert taken["owner"] == "v2-other"


@pytest.mark.parametrize(
    ("owner", "due_in_ms", "phase"),
    [
        ("0123456789abcdef", -1_000, BEGIN),  # the version before
        ("0123456789abcdef", 100_000, BEGIN),  # it rests
        ("0123456789abcdef", 10_000, None),  # it may be at work
        ("v2-dead", -1_000, "second"),
        ("", -1_000, "second"),
    ],
)
def test_a_scan_begins_where_the_version_before_has_worked(
    databases: Databases, owner: str, due_in_ms: int, phase: str | None
) -> None:
    async def scenario(database: Database) -> Any:
        scan = {"phase": "second", "start": EPOCH, "position": EPOCH}
        await _with_due(database, _SUMMARY, due_in_ms, owner=owner, scan=scan)
        async with _session(database) as session:
            return await Leases(database, "v2-me").take_summary(session, _SUMMARY)

    taken = databases.run(scenario)

    assert (None if taken is None else taken["scan"]["phase"]) == phase


def _at(minute: int) -> datetime:
    return _START + timedelta(minutes=minute)


async def _state_with(database: Database, session: Session, horizons: Sequence[int]) -> State:
    state = State(database, session, _WIDTH)
    await state.make_shards(len(horizons), range(len(horizons)))
    for shard, minute in enumerate(horizons):
        await state.advance(shard_id(_WIDTH, len(horizons), shard), _at(minute))
    done = {"scan": {"phase": "done"}}
    await database[REFRESH].update_one({"_id": _SUMMARY}, {"$set": done}, session=session)
    return state


def test_the_summary_is_the_least_of_all_shards_and_never_goes_back(databases: Databases) -> None:
    async def scenario(database: Database) -> Any:
        async with _session(database) as session:
            state = await _state_with(database, session, (5, 3))
            first = await state.summarise(2)
            await state.advance(shard_id(_WIDTH, 2, 1), _at(4))
            second = await state.summarise(2)
            await state.advance(shard_id(_WIDTH, 2, 1), _at(1))
            return first, second, await state.summarise(2), await state.summarise(3)

    assert databases.run(scenario) == (_at(3), _at(4), _at(4), _at(4))


def test_the_summary_waits_for_live_notes_of_other_generations_and_for_a_scan(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Any:
        async with _session(database) as session:
            state = await _state_with(database, session, (5,))
            await _write(database, session, _noted(3, (LIVE, _reading("a", 0))), _CLOCK)
            unknown = await state.summarise(1)
            await state.make_shards(3, range(3))
            for shard in range(3):
                await state.advance(shard_id(_WIDTH, 3, shard), _at(2))
            noted = await state.summarise(1)
            notes = Notes(database, session, _WIDTH)
            for shard in range(3):
                page = await notes.page(Lane(LIVE, 3, shard), "", None, 9)
                await notes.delete([note.note_id for note in page])
            await database[REFRESH].update_one({"_id": _SUMMARY}, [{"$set": {"owner": "v2-me"}}])
            await state.save_scan({"phase": FIRST, "position": _at(3)}, "v2-me")
            scanned = await state.summarise(1)
            await state.save_scan({"phase": "done", "position": _at(3)}, "v2-me")
            return unknown, noted, scanned, await state.summarise(1)

    assert databases.run(scenario) == (EPOCH, _at(2), _at(3), _at(5))
