"""The stream of changes of the real MongoDB: what is written is told, and nothing is missed."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pymongo.errors import OperationFailure

from functions.dashboard.application import DashboardFunction
from functions.dashboard.live.interest import Change, Kind
from functions.dashboard.live.position import Position
from functions.dashboard.store import changes
from functions.dashboard.store.changes import ChangeStream
from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, REFRESH, VIEWS, Document
from shared.mongo.database import Database, Session
from shared.settings import DashboardSettings
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import (
    NOON,
    alert,
    dead_letter,
    device,
    episode,
    reading,
    view,
)
from tests.support.event_stream import NONE, Event, EventStream, streamed

pytestmark = [pytest.mark.database, pytest.mark.timeout(120)]


@asynccontextmanager
async def looking(
    client: DashboardClient, path: str = "/events", headers: Mapping[str, str] = NONE
) -> AsyncIterator[EventStream]:
    """Yield a stream of a new instance of the dashboard, which ends with it."""
    settings = DashboardSettings()
    connection = client.connection
    function = DashboardFunction(connection, 60, settings)
    try:
        async with streamed(function.application, path, headers) as stream:
            yield stream
    finally:
        await function._live.close()


async def written(client: DashboardClient, collection: str, document: Document) -> None:
    """Write a document, new or in place of the one there is."""
    rows = client.connection.database[collection]
    await rows.replace_one({"_id": document["_id"]}, document, upsert=True)


def names_of(events: list[Event]) -> list[str]:
    return [one.name for one in events]


@pytest.mark.parametrize(
    ("collection", "document", "name", "shown"),
    [
        (DEVICES, device("a", 0), "device", '"device_id":"a"'),
        (VIEWS, view("a", "lux", 0), "window", '"closed":false'),
        (VIEWS, view("a", "lux", -1), "window", '"closed":true'),
        (ALERTS, episode(1), "alert", '"status":"active"'),
        (ALERTS, alert(1, 0), "alert", '"alert_id":"000001/temperature_c_high"'),
        (DEAD_LETTERS, dead_letter(1, 0), "dead_letter", '"dead_letter_id":"dead/000001"'),
    ],
)
def test_what_is_written_is_told_as_the_lists_show_it(
    empty: DashboardClient, collection: str, document: Document, name: str, shown: str
) -> None:
    empty.store(REFRESH, [{"_id": "refresh/60s", "horizon": NOON}])

    async def run() -> Event:
        async with looking(empty) as stream:
            await stream.until("refetch")
            await written(empty, collection, document)
            return (await stream.until(name))[-1]

    told = empty.loop.run(run())

    assert shown in told.data
    assert "http://aggregate" not in told.data


def test_what_changes_often_is_told_as_it_is_in_the_end(empty: DashboardClient) -> None:
    async def run() -> list[Event]:
        async with looking(empty) as stream:
            await stream.until("refetch")
            for second in range(300):
                await empty.connection.database[DEVICES].update_one(
                    {"_id": "a"},
                    {
                        "$set": {"last_ts": NOON + timedelta(seconds=second)},
                        "$setOnInsert": {"first_ts": NOON, "device_id": "a"},
                    },
                    upsert=True,
                )
            await written(empty, ALERTS, alert(1, 0))
            return await stream.until("alert")

    told = [one.data for one in empty.loop.run(run()) if one.name == "device"]

    assert 1 <= len(told) < 20
    assert '"last_ts":"2026-01-31T12:04:59.000Z"' in told[-1]


def test_readings_and_what_is_for_writers_alone_are_not_told(empty: DashboardClient) -> None:
    async def run() -> list[str]:
        async with looking(empty) as stream:
            await stream.until("refetch")
            await written(empty, RAW, reading("a", 0))
            await written(empty, REFRESH, {"_id": "refresh/60s", "horizon": NOON})
            await empty.connection.database[DEVICES].delete_many({})
            await written(empty, DEVICES, device("b", 0))
            return names_of(await stream.until("device"))

    assert empty.loop.run(run()) == ["refetch", "device"]


def test_a_client_is_told_of_the_devices_and_kinds_that_it_names(empty: DashboardClient) -> None:
    async def run() -> list[Event]:
        async with looking(empty, "/events?types=device,alert&device_id=a,boiler") as stream:
            await stream.until("refetch")
            await written(empty, DEVICES, device("b", 0))
            await written(empty, ALERTS, alert(1, 0, device_id="b"))
            await written(empty, VIEWS, view("a", "lux", 0))
            await written(empty, DEVICES, device("a", 0))
            await written(empty, ALERTS, alert(2, 0))
            await stream.until("device")
            return await stream.until("alert")

    told = empty.loop.run(run())

    assert sorted(names_of(told)) == ["alert", "device", "refetch"]
    assert all('"b"' not in one.data for one in told)


def test_after_a_restart_a_client_misses_nothing(empty: DashboardClient) -> None:
    """Alerts are written while no instance looks, and told by another instance than before."""

    async def run() -> list[Event]:
        async with looking(empty) as before:
            await before.until("refetch")
            await written(empty, ALERTS, alert(1, 0))
            await before.until("alert")
        for number in range(2, 6):
            await written(empty, ALERTS, alert(number, 0))
        async with looking(empty, headers={"Last-Event-ID": before.last_id}) as after:
            await after.until("resumed")
            return await after.until("alert", 4)

    told = empty.loop.run(run())

    assert "refetch" not in names_of(told)
    assert all(any(f"{number:06}/" in one.data for one in told) for number in range(2, 6))


@pytest.mark.parametrize("last", ["1.1", "100.1", "nonsense"])
def test_where_it_cannot_go_on_a_client_reads_its_view_anew(
    empty: DashboardClient, last: str
) -> None:
    """It was too long ago, or is no position."""

    async def run() -> list[str]:
        async with looking(empty, headers={"Last-Event-ID": last}) as stream:
            await stream.until("refetch")
            await written(empty, ALERTS, alert(1, 0))
            return names_of(await stream.until("alert"))

    assert empty.loop.run(run())[0] == "refetch"


def test_what_has_left_the_oplog_is_read_anew(
    empty: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, before = changes._opened, Position(0, 0)

    async def lost(database: Database, session: Session, since: Position) -> changes._Stream:
        if since < before:
            raise OperationFailure("Resume of change stream was not possible", 286)
        return await opened(database, session, since)

    async def run() -> list[str]:
        nonlocal before
        stream = await ChangeStream.open(empty.connection.database, None)
        before = stream.start
        await stream.close()
        await written(empty, ALERTS, alert(1, 0))
        monkeypatch.setattr(changes, "_opened", lost)
        async with looking(empty, headers={"Last-Event-ID": str(before)}) as events:
            return names_of(await events.until("refetch"))

    assert empty.loop.run(run()) == ["refetch"]


def test_where_the_database_fails_otherwise_a_stream_does_not_open(
    empty: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> changes._Stream:
        raise OperationFailure("not authorized on iotdb to execute command", 13)

    monkeypatch.setattr(changes, "_opened", fails)

    async def run() -> int:
        last = f"{int(time.time())}.0"
        async with looking(empty, headers={"Last-Event-ID": last}) as stream:
            await stream.until_over()
            return stream.status

    assert empty.loop.run(run()) == 503


def test_a_stream_begins_where_another_began(
    empty: DashboardClient,
) -> None:
    async def run() -> tuple[int, list[Change]]:
        database = empty.connection.database
        stream = await ChangeStream.open(database, None)
        start: Position = stream.start
        await stream.close()
        await written(empty, DEVICES, device("a", 0))
        again = await ChangeStream.open(database, start)
        changed = await again.changed(1)
        nothing = await again.changed(0.3)
        await again.close()
        assert changed is not None
        assert nothing is None
        return len(changed.changes), list(changed.changes)

    assert empty.loop.run(run()) == (1, [Change(Kind.DEVICE, "a")])
