"""When is the next refresh? The loop beside the requests, on a database that fails."""

import asyncio
from typing import Any

import pytest

from functions.aggregate.refresh import scheduler
from functions.aggregate.refresh.scheduler import Refresher
from shared import metrics
from shared.outcomes import TemporaryError
from shared.settings import AggregateSettings


class FailingMongo:
    """Raises what it was given, one after the other, then the last for ever."""

    def __init__(self, *failures: Exception) -> None:
        self.asked = 0
        self._failures = list(failures)

    @property
    def database(self) -> Any:
        self.asked += 1
        raise self._failures.pop(0) if len(self._failures) > 1 else self._failures[0]


@pytest.mark.parametrize(
    "failure", [TemporaryError("refresh", "the database is away"), OverflowError("a fault of ours")]
)
def test_a_refresh_that_fails_in_any_way_is_counted_and_done_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """A loop that ended here would leave a process that acknowledges readings and shows none."""
    monkeypatch.setattr(scheduler, "MIN_WAIT_S", 0.001)
    mongo: Any = FailingMongo(failure, TemporaryError("refresh", "the database is away"))
    before = metrics.refresh_errors._value.get()

    asyncio.run(run_until(mongo, times=3))

    assert metrics.refresh_errors._value.get() >= before + 2


async def run_until(mongo: Any, times: int) -> None:
    running = Refresher(mongo, AggregateSettings())
    await running.open()
    async with asyncio.timeout(5):
        while mongo.asked < times:  # noqa: ASYNC110 - the database that fails tells nobody
            await asyncio.sleep(0.001)
    assert running._running is not None
    running._running.cancel()
    await asyncio.gather(running._running, return_exceptions=True)
