"""What an audit finds and repairs, the same on the double and on the real MongoDB."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.aggregate.audit import audit_store, view_pages, window_audit
from functions.aggregate.audit.__main__ import main
from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.horizon import Horizon, horizon_of
from functions.aggregate.audit.window_audit import Audited, Repair, WindowAudit
from functions.aggregate.hour_summary import HourKey, key_of, with_views
from functions.aggregate.store import readings
from functions.aggregate.store.hours import hours_id
from shared.mongo.collections import DEVICES, HOURS, NOTES, RAW, REFRESH, VIEWS
from shared.mongo.database import Database, client_of, majority
from shared.settings import MongoSettings
from tests.simulation.databases import Databases
from tests.simulation.generated_readings import Saying
from tests.simulation.oracle import canonical, devices_of, raw_of, views_of
from tests.support.servers import new_database

_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_END = _START + timedelta(minutes=10)
_SAID = [
    Saying("a", _START, None, {"temperature_c": 20.5}),
    Saying("a", _START + timedelta(seconds=59.999), None, {"temperature_c": 21.5, "humidity": 3.0}),
    Saying("a", _START + timedelta(seconds=180), None, {"temperature_c": 22.5}),
    Saying("b", _START + timedelta(seconds=30), None, {"measurements": {"pressure_hpa": 1013.2}}),
]
_RAWS = [raw_of(one.reading(_END), _END) for one in _SAID]
_VIEW = "a/temperature_c/60s/2026-03-01T12:00:00.000Z"

Damage = Callable[[Database], Awaitable[Any]]


def _views(*without: int) -> list[dict[str, Any]]:
    return list(views_of([r for n, r in enumerate(_RAWS) if n not in without], 60).values())


async def _settle(database: Database, views: list[dict[str, Any]]) -> None:
    await database[RAW].insert_many(_RAWS, ordered=False)
    await database[VIEWS].insert_many(views, ordered=False)
    await database[DEVICES].insert_many(list(devices_of(_RAWS).values()), ordered=False)
    await database[REFRESH].insert_one({"_id": "refresh/60s", "horizon": _END})


async def _nothing(_seconds: float) -> None:
    return


async def _audit(
    database: Database,
    repair: Repair,
    pause: Callable[[float], Awaitable[None]] = _nothing,
) -> list[Audited]:
    async with database.client.start_session(causal_consistency=True) as session:
        store = AuditStore(database, session, 60)
        assert await store.horizon() == _END
        audit = WindowAudit(store, 60, repair, pause)
        return [one async for one in audit.windows(_START, _END)]


def _found(audited: list[Audited]) -> list[tuple[str, bool]]:
    return [(one.kind, one.is_repaired) for window in audited for one in window.findings]


async def _stored(database: Database) -> dict[str, str]:
    return canonical({view["_id"]: view for view in await database[VIEWS].find({}).to_list()})


def test_an_audit_of_right_views_finds_nothing(databases: Databases) -> None:
    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, _views())
        return await _audit(database, Repair())

    audited = databases.run(scenario)

    assert _found(audited) == []
    assert [one.start for one in audited] == [_START, _START + timedelta(seconds=180)]
    assert [(one.readings, one.views) for one in audited] == [(4, 3), (1, 1)]


async def _lose(database: Database) -> None:
    await database[VIEWS].delete_many({"_id": _VIEW})


async def _shrink(database: Database) -> None:
    (smaller,) = [view for view in _views(0) if view["_id"] == _VIEW]
    await database[VIEWS].replace_one({"_id": _VIEW}, smaller)


async def _falsify(database: Database) -> None:
    await database[VIEWS].update_one({"_id": _VIEW}, [{"$set": {"sum": 1.0}}])


async def _lose_a_reading(database: Database) -> None:
    await database[RAW].delete_many({"_id": _RAWS[0]["_id"]})


async def _lose_all_readings(database: Database) -> None:
    await database[RAW].delete_many({"_id": _RAWS[3]["_id"]})


async def _narrow_a_device(database: Database) -> None:
    later = {"first_ts": _START + timedelta(seconds=1)}
    await database[DEVICES].update_one({"_id": "a"}, [{"$set": later}])


_DAMAGES = [
    (_lose, "missing", True),
    (_shrink, "smaller", True),
    (_narrow_a_device, "device", True),
    (_falsify, "different", False),
    (_lose_a_reading, "larger", False),
    (_lose_all_readings, "without_readings", False),
]


@pytest.mark.parametrize(("damage", "kind", "_"), _DAMAGES)
def test_an_audit_names_what_differs_and_changes_nothing(
    databases: Databases, damage: Damage, kind: str, *, _: bool
) -> None:
    async def scenario(database: Database) -> Any:
        await _settle(database, _views())
        await damage(database)
        before = await _stored(database)
        audited = await _audit(database, Repair())
        return audited, before == await _stored(database)

    audited, is_untouched = databases.run(scenario)

    assert _found(audited) == [(kind, False)]
    assert is_untouched


@pytest.mark.parametrize(("damage", "kind", "is_repaired"), _DAMAGES)
def test_a_repair_writes_only_what_grows(
    databases: Databases, damage: Damage, kind: str, *, is_repaired: bool
) -> None:
    async def scenario(database: Database) -> Any:
        await _settle(database, _views())
        await damage(database)
        first = await _audit(database, Repair(grown=True))
        return _found(first), _found(await _audit(database, Repair()))

    first, second = databases.run(scenario)

    assert first == [(kind, is_repaired)]
    assert second == [(kind, False)] * (not is_repaired)


@pytest.mark.parametrize("damage", [damage for damage, _, _ in _DAMAGES])
def test_where_raw_is_complete_every_view_becomes_what_it_gives(
    databases: Databases, damage: Damage
) -> None:
    async def scenario(database: Database) -> Any:
        await _settle(database, _views())
        await damage(database)
        await _audit(database, Repair(grown=True, raw_is_complete=True))
        raws = await database[RAW].find({}).to_list()
        return await _stored(database), canonical(views_of(raws, 60))

    stored, expected = databases.run(scenario)

    assert stored == expected


def test_a_view_that_a_refresh_is_yet_to_count_again_is_no_finding(databases: Databases) -> None:
    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, _views(0))
        window = {"window_start": _START, "device_ids": ["a"]}
        await database[NOTES].insert_one({"_id": "1", "window_seconds": 60, "windows": [window]})
        return await _audit(database, Repair())

    audited = databases.run(scenario)

    assert _found(audited) == []
    assert [one.being_counted for one in audited] == [1, 0]


@pytest.mark.parametrize("device_id", ["a", "b"])
def test_notes_of_the_version_before_are_read_page_by_page(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, device_id: str
) -> None:
    monkeypatch.setattr(audit_store, "_BATCH", 1)

    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, _views(0))
        for n, start in enumerate((_END, _START, _END)):
            window = {"window_start": start, "device_ids": [device_id]}
            note = {"_id": str(n), "window_seconds": 60, "windows": [window]}
            await database[NOTES].insert_one(note)
        return await _audit(database, Repair())

    assert len(_found(databases.run(scenario))) == (0 if device_id == "a" else 1)


def test_a_view_that_is_right_at_the_second_look_is_no_finding(databases: Databases) -> None:
    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, _views(0))
        (right,) = [view for view in _views() if view["_id"] == _VIEW]

        async def meanwhile(_seconds: float) -> None:
            await database[VIEWS].replace_one({"_id": _VIEW}, right)

        return await _audit(database, Repair(), meanwhile)

    assert _found(databases.run(scenario)) == []


@pytest.mark.parametrize(("damage", "kind", "is_repaired"), _DAMAGES)
def test_a_window_that_is_too_large_to_be_held_is_audited_some_devices_at_a_time(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    damage: Damage,
    kind: str,
    *,
    is_repaired: bool,
) -> None:
    monkeypatch.setattr(audit_store, "MAX_HELD", 0)
    monkeypatch.setattr(readings, "PAGE", 1)
    monkeypatch.setattr(window_audit, "_MAX_DEVICES", 0)
    monkeypatch.setattr(window_audit, "_SLICE", 1)
    monkeypatch.setattr(view_pages, "_PAGE", 1)

    async def scenario(database: Database) -> Any:
        await _settle(database, _views())
        await damage(database)
        first = await _audit(database, Repair(grown=True))
        return first, _found(await _audit(database, Repair()))

    first, second = databases.run(scenario)

    assert _found(first) == [(kind, is_repaired)]
    assert second == [(kind, False)] * (not is_repaired)
    assert [one.start for one in first] == [_START, _START + timedelta(seconds=180)]


def test_views_of_another_width_are_passed_over(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_pages, "_PAGE", 2)
    wide = views_of(_RAWS, 300).values()

    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, [*_views(), *wide])
        await _lose_all_but_the_last(database)
        return await _audit(database, Repair())

    audited = databases.run(scenario)

    assert [one.start for one in audited] == [_START + timedelta(seconds=180)]
    assert _found(audited) == []


async def _lose_all_but_the_last(database: Database) -> None:
    last = _RAWS[2]["_id"]
    await database[RAW].delete_many({"_id": {"$in": [r["_id"] for r in _RAWS if r["_id"] != last]}})
    first = [view["_id"] for view in _views() if view["timestamp"] == _START]
    await database[VIEWS].delete_many({"_id": {"$in": first}})


def test_of_a_window_that_retention_may_have_touched_nothing_is_said(databases: Databases) -> None:
    async def scenario(database: Database) -> list[Audited]:
        await _settle(database, _views(0))
        async with database.client.start_session(causal_consistency=True) as session:
            store = AuditStore(database, session, 60, timedelta(minutes=4))
            await store.horizon()
            audit = WindowAudit(store, 60, Repair(grown=True), _nothing)
            return [one async for one in audit.windows(_START, _END)]

    audited = databases.run(scenario)

    assert [one.is_intact for one in audited][:1] == [False]
    assert audited[0].findings == []


_HOUR = timedelta(hours=1)
_LONG_AGO = raw_of(Saying("a", _START - _HOUR, None, {"temperature_c": 1.0}).reading(_END), _END)


async def _horizon(
    database: Database, moves: Callable[[Database], Awaitable[Any]] | None = None
) -> Horizon:
    async def meanwhile(_seconds: float) -> None:
        if moves is not None:
            await moves(database)

    async with database.client.start_session(causal_consistency=True) as session:
        return await horizon_of(AuditStore(database, session, 60), 60, meanwhile)


def test_a_horizon_that_stands_still_with_readings_after_it_is_reported(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Horizon:
        await database[RAW].insert_one(_LONG_AGO)
        before = {"_id": "refresh/60s", "horizon": _START - 2 * _HOUR}
        await database[REFRESH].insert_one(before)
        return await _horizon(database)

    found = databases.run(scenario)

    assert found.is_standing
    assert found.at == _START - 2 * _HOUR
    assert found.behind >= _HOUR
    assert "stands still at 2026-03-01T10:00:00.000Z" in found.sentence()


def test_where_nothing_was_ever_refreshed_although_readings_wait_the_horizon_stands_still(
    databases: Databases,
) -> None:
    async def scenario(database: Database) -> Horizon:
        await database[RAW].insert_one(_LONG_AGO)
        return await _horizon(database)

    assert databases.run(scenario).is_standing


@pytest.mark.parametrize(
    "changed",
    [{"horizon": _START - _HOUR}, {"scan": {"phase": "first", "position": _START - _HOUR}}],
)
def test_a_horizon_that_moves_or_whose_scan_does_is_not_standing(
    databases: Databases, changed: dict[str, Any]
) -> None:
    async def moves(database: Database) -> None:
        await database[REFRESH].update_one({"_id": "refresh/60s"}, {"$set": changed})

    async def scenario(database: Database) -> Horizon:
        await database[RAW].insert_one(_LONG_AGO)
        earlier = _START - 2 * _HOUR
        scan = {"phase": "first", "position": earlier}
        state = {"_id": "refresh/60s", "horizon": earlier, "scan": scan}
        await database[REFRESH].insert_one(state)
        return await _horizon(database, moves)

    assert not databases.run(scenario).is_standing


def test_a_horizon_without_readings_after_it_is_not_standing(databases: Databases) -> None:
    async def scenario(database: Database) -> Horizon:
        await database[RAW].insert_one(_LONG_AGO)
        await database[REFRESH].insert_one({"_id": "refresh/60s", "horizon": _START - _HOUR / 2})
        return await _horizon(database)

    assert not databases.run(scenario).is_standing


@pytest.mark.database
def test_the_command_ends_with_1_where_the_horizon_stands_still(
    named: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.aggregate.audit.horizon._LOOK_AGAIN_S", 0.1)
    asyncio.run(_standing(named))

    ended = main([], named)

    said = capsys.readouterr().out
    assert ended == 1
    assert "stands still" in said
    assert "missing 0" in said


async def _standing(named: dict[str, str]) -> None:
    async with client_of(MongoSettings(mongo_url=named["MONGO_URL"])) as client:
        database = majority(client, named["MONGO_DB"])
        await _settle(database, _views())
        later = Saying("a", _END + _HOUR, None, {"temperature_c": 1.0})
        await database[RAW].insert_one(raw_of(later.reading(_END + _HOUR), _END))


@pytest.mark.database
@pytest.mark.parametrize(
    ("options", "code", "repaired"),
    [([], 1, 0), (["--repair"], 0, 1), (["--to", "2026-03-01T18:00:00Z"], 1, 0)],
)
def test_the_command_says_what_it_found_and_ends_accordingly(
    named: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
    repaired: int,
) -> None:
    asyncio.run(_shrunk(named))

    ended = main(["--from", "2026-03-01T11:00:00Z", "--json", *options], named)

    summary = json.loads(capsys.readouterr().out)
    assert ended == code
    assert (summary["smaller"], summary["repaired"]) == (1, repaired)
    assert summary["to"] == "2026-03-01T12:10:00.000Z"


@pytest.mark.database
def test_the_command_audits_hours_too(
    named: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_with_an_hour_too_small(named))

    ended = main(["--from", "2026-03-01T11:00:00Z"], named)

    said = capsys.readouterr().out
    assert ended == 1
    assert said.split()[:3] == [
        *("hour", "smaller", "a/temperature_c/60s/hour/2026-03-01T12:00:00.000Z")
    ]
    assert "smaller 0" in said
    assert "hour 1," in said


async def _with_an_hour_too_small(named: dict[str, str]) -> None:
    async with client_of(MongoSettings(mongo_url=named["MONGO_URL"])) as client:
        database = majority(client, named["MONGO_DB"])
        await _settle(database, _views())
        settled = {"$set": {"horizon": _START + _HOUR}}
        await database[REFRESH].update_one({"_id": "refresh/60s"}, settled)
        by_hour: dict[HourKey, list[dict[str, Any]]] = {}
        for view in _views(0):
            by_hour.setdefault(key_of(view), []).append(view)
        hours = [with_views(key, 60, None, views) for key, views in by_hour.items()]
        made = {"_id": hours_id(60), "position": _START + _HOUR}
        await database[REFRESH].insert_one(made)
        await database[HOURS].insert_many([hour for hour in hours if hour], ordered=False)


@pytest.fixture
def named(mongo_url: str) -> Iterator[dict[str, str]]:
    """Return the environment of an audit of a database of its own."""
    with new_database(mongo_url) as made:
        yield {"MONGO_URL": mongo_url, "MONGO_DB": made.name}


async def _shrunk(named: dict[str, str]) -> None:
    async with client_of(MongoSettings(mongo_url=named["MONGO_URL"])) as client:
        database = majority(client, named["MONGO_DB"])
        await _settle(database, _views())
        await _shrink(database)


@pytest.mark.database
def test_before_anything_is_settled_there_is_nothing_to_audit(
    named: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    ended = main([], named)

    assert ended == 0
    assert "no window of 60 s is settled yet" in capsys.readouterr().err


@pytest.mark.database
def test_with_retention_it_begins_at_the_first_intact_window(
    named: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_shrunk(named))

    ended = main(["--json"], {**named, "RAW_RETENTION_DAYS": "1"})

    summary = json.loads(capsys.readouterr().out)
    assert ended == 0
    assert (summary["windows"], summary["smaller"]) == (0, 0)
    assert datetime.fromisoformat(summary["from"]) > datetime.now(UTC) - timedelta(days=1)


def test_a_wrong_setting_ends_it_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    ended = main([], {"AGGREGATE_WINDOW_SECONDS": "none"})

    assert ended == 2
    assert "AGGREGATE_WINDOW_SECONDS" in capsys.readouterr().err
