"""The sender's life beside events; what it sends is in the contract tests."""

import asyncio
import logging
from datetime import datetime
from typing import Any

import pytest

from functions.alert.notify import sender
from functions.alert.notify.sender import Sender
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.targets.webhook import Webhook
from shared.outcomes import TemporaryError
from tests.support.notices import NOON, alert

TARGETS = Targets((Webhook("oncall", "https://oncall.example/", ()),))


class Connection:
    """A connection to a database that fails as told, then is wanted no more."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.failed = asyncio.Event()

    @property
    def database(self) -> Any:
        failure = self.failures.pop(0)
        if not self.failures:
            self.failed.set()
        raise failure


def sender_on(connection: Any, targets: Targets = TARGETS) -> Sender:
    return Sender(connection, targets)


def test_a_database_that_is_away_and_a_fault_of_ours_end_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def used() -> None:
        connection = Connection(TemporaryError("send_notices", "away"), RuntimeError("a fault"))
        one = sender_on(connection)
        await one.open()
        one.soon()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        one.soon()
        async with asyncio.timeout(5):
            await connection.failed.wait()
        await one.close()

    caplog.set_level(logging.WARNING)
    asyncio.run(used())

    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


def test_without_targets_nothing_is_enqueued_sent_or_begun() -> None:
    async def used() -> list[Any]:
        one = sender_on(Connection(), Targets())
        await one.open()
        one.soon()
        await one.tick()
        rows = list(one.rows_for("opened", alert(), 1, NOON))
        await one.close()
        return rows

    assert asyncio.run(used()) == []


def test_by_default_the_clock_is_the_databases_own() -> None:
    class Database:
        async def command(self, name: str) -> dict[str, datetime]:
            return {"localTime": datetime(2026, 1, 31, 12)} if name == "hello" else {}  # noqa: DTZ001 - as pymongo gives it

    async def told() -> datetime:
        database: Any = Database()
        return await sender_on(None)._clock_of(database)

    assert asyncio.run(told()) == NOON


def test_a_task_that_loses_its_cancellation_holds_no_end_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "_CANCELS", 2)
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while lost < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1

    async def used() -> None:
        one = sender_on(Connection())
        one._task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await one.close()
        one._task.cancel()
        await one._task

    asyncio.run(used())

    assert lost == 3
