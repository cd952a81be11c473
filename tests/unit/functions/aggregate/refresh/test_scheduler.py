"""The refresh beside the requests, on a database that fails."""

import asyncio
from typing import Any

import pytest

from functions.aggregate.refresh import scheduler
from functions.aggregate.refresh.scheduler import RefreshScheduler
from shared import metrics
from shared.outcomes import TemporaryError
from shared.settings import AggregateSettings


class FailingMongo:
    """Raises what it was given, one after the other, then the last for ever."""

    raw_retention = None

    def __init__(self, *failures: Exception) -> None:
        self.requests = 0
        self._failures = list(failures)

    @property
    def database(self) -> Any:
        self.requests += 1
        raise self._failures.pop(0) if len(self._failures) > 1 else self._failures[0]


@pytest.mark.parametrize(
    "failure", [TemporaryError("refresh", "the database is away"), OverflowError("a fault of ours")]
)
def test_a_refresh_that_fails_in_any_way_is_counted_and_done_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """A loop that ended here would leave a process that acknowledges readings and shows none."""
    monkeypatch.setattr(scheduler, "MIN_REST_S", 0.001)
    monkeypatch.setattr(scheduler, "SHORT_REST_S", 0.001)
    mongo: Any = FailingMongo(failure, TemporaryError("refresh", "the database is away"))
    before = metrics.refresh_errors._value.get()

    asyncio.run(run_until(mongo, requests=4))

    assert metrics.refresh_errors._value.get() >= before + 2


def test_a_tick_that_finds_no_database_says_so() -> None:
    mongo: Any = FailingMongo(TemporaryError("refresh", "the database is away"))

    async def tick() -> None:
        await RefreshScheduler(mongo, AggregateSettings()).next_pass(5)

    with pytest.raises(TemporaryError, match="away"):
        asyncio.run(tick())


async def run_until(mongo: Any, requests: int) -> None:
    running = RefreshScheduler(mongo, AggregateSettings())
    await running.open()
    async with asyncio.timeout(5):
        while mongo.requests < requests:  # noqa: ASYNC110 - the database that fails tells nobody
            await asyncio.sleep(0.001)
    await running.close()
    assert all(task.done() for task in running._tasks)
