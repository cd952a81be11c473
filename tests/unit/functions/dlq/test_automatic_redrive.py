"""One pass of the automatic redrive at a time; what it publishes is in the contract tests."""

import asyncio
from typing import Any

import pytest

from functions.dlq import automatic_redrive
from functions.dlq.automatic_redrive import AutomaticRedrive
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW


def test_a_tick_during_a_pass_begins_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0

    async def none(*_: Any) -> list[Any]:
        return []

    async def slow(*_: Any) -> list[Any]:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.01)
        return []

    class Connection:
        database = None

    monkeypatch.setattr(automatic_redrive, "requested_letters", none)
    monkeypatch.setattr(automatic_redrive, "due_letters", slow)
    mongo: Any = Connection()
    redrive = AutomaticRedrive(mongo, FakePublisher(), "telemetry.raw", 8, lambda: NOW)

    async def two_ticks() -> None:
        await redrive.open()
        await asyncio.gather(redrive.run(), redrive.run())
        await redrive.close()

    asyncio.run(two_ticks())

    assert begun == 1
