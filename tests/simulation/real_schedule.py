"""A schedule on the real MongoDB: the same writers and refreshes as tasks of an event loop.

Chance decides when an event comes and when a worker is cut off in the midst of its work.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import functions.aggregate.refresh.scan
import functions.aggregate.store.leases
from functions.aggregate.store.state import DONE
from shared.mongo.collections import DEVICES, HOURS, NOTES, RAW, REFRESH, REFRESH_NOTES, VIEWS
from shared.mongo.database import Database
from shared.mongo.indexes import make_indexes
from shared.mongo.reading_store import Incoming
from shared.outcomes import TemporaryError
from tests.simulation.code_under_test import hours_of_seconds
from tests.simulation.generated_readings import Devices
from tests.simulation.ledger import Ledger, check_equals_recompute, made_until
from tests.simulation.queues import Queues
from tests.simulation.seeded_random import Chance
from tests.simulation.simulation import REFRESHES, SHARDS, WRITERS
from tests.simulation.workers import Refreshing, Writer, refreshing, settings_of

WIDTH_S: Final = 1  # so that windows settle while the schedule runs
_EVENTS: Final = 25
_BETWEEN_EVENTS_S: Final = 0.06
_CUT_OFF: Final = 0.25  # the share of all work that is cut off
_CUT_OFF_AFTER_S: Final = 0.03
_REST_S: Final = 30.0
_HOUR_S: Final = 3  # so that hours are over while it runs
_LEASE_MS: Final = 20  # passes side by side


class RealSchedule:
    """One schedule on `database`, which is empty."""

    def __init__(self, database: Database, seed: int) -> None:
        self._chance = Chance(Random(seed))
        self._database = database
        self._queues = Queues(self._chance, retries=1)
        self._ledger = Ledger()
        self._devices = Devices.of(self._chance, datetime.now(UTC))

    async def run(self) -> None:
        """Run it and check what is stored; raises Broken where that is not what it should be."""
        await make_indexes(self._database)
        with _short_leases():
            async with self._working(), asyncio.timeout(_REST_S):
                for number in range(_EVENTS):
                    self._publish(number)
                    await asyncio.sleep(_BETWEEN_EVENTS_S * self._chance.below(3))
                while not self._queues.is_empty:
                    self._queues.redrive()
                    await asyncio.sleep(0.01)
            await self._settle()
        check_equals_recompute(await self._state(), self._ledger, WIDTH_S, _HOUR_S)

    def seconds(self) -> int:
        """Return no time: nothing of what is checked here depends on it."""
        return 0

    def aggregate_acknowledged(self, incoming: Sequence[Incoming], began: int) -> None:
        """Nothing can be looked at in time here; the whole is, at the end."""

    def alert_acknowledged(self, incoming: Sequence[Incoming]) -> None:
        """As above."""

    def _publish(self, number: int) -> None:
        incoming = self._devices.event(datetime.now(UTC))
        self._ledger.published(incoming)
        self._queues.publish(number, incoming)

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        work = [self._write(name) for name in WRITERS]
        work += [self._refresh(name, shards) for name in REFRESHES for shards in SHARDS]
        tasks = {asyncio.create_task(one) for one in work}
        try:
            yield
        finally:
            await _end(tasks)

    async def _write(self, name: str) -> None:
        settings = settings_of(self._chance.one_of(SHARDS), WIDTH_S, 0)
        writer = Writer(name, WRITERS[name], self._database, self._queues, self, settings)
        while True:
            deliveries = self._queues.take(name, writer.function)
            incoming = [one for delivery in deliveries for one in delivery.incoming]
            try:
                if incoming:
                    await self._cut_off(writer.keep(incoming))
            except (TemporaryError, TimeoutError):
                self._queues.give_back(name)
            else:
                self._queues.acknowledge(name)
            await asyncio.sleep(0.002)

    async def _refresh(self, name: str, shards: int) -> None:
        """Work as a process does, lane by lane; what is cut off begins anew, as after a crash."""
        refresh = self._process(name, shards)
        while True:
            steps = (
                refresh.live_round,
                refresh.late_round,
                refresh.scan_step,
                refresh.hour_step,
            )
            try:
                await self._cut_off(self._chance.one_of(steps)())
            except TemporaryError:
                pass
            except TimeoutError:
                refresh = self._process(name, shards)
            await asyncio.sleep(0.002)

    def _process(self, name: str, shards: int) -> Refreshing:
        settings = settings_of(shards, WIDTH_S, 0)
        return refreshing(f"{name}-{shards}", self._database, settings, self._chance.happens)

    async def _cut_off(self, work: Awaitable[Any]) -> None:
        is_cut = self._chance.happens(_CUT_OFF)
        after = _CUT_OFF_AFTER_S * self._chance.below(100) / 100 if is_cut else None
        async with asyncio.timeout(after):
            await work

    async def _settle(self) -> None:
        """Refresh until nothing is left to be counted."""
        refresh = self._process("last", 1)
        async with asyncio.timeout(_REST_S):
            while not await self._is_settled():
                for step in (
                    refresh.live_round,
                    refresh.late_round,
                    refresh.scan_step,
                    refresh.hour_step,
                ):
                    with suppress(TemporaryError):
                        await step()
                await asyncio.sleep(0.05)

    async def _is_settled(self) -> bool:
        for name in (NOTES, REFRESH_NOTES):
            if await self._database[name].find_one({}) is not None:
                return False
        summary = await self._database[REFRESH].find_one({"_id": f"refresh/{WIDTH_S}s"})
        if summary is None or summary["scan"]["phase"] != DONE:
            return False
        made = made_until(await self._state(), WIDTH_S)
        return made is not None and bool(made + timedelta(seconds=_HOUR_S) > summary["horizon"])

    async def _state(self) -> dict[str, dict[Any, Any]]:
        return {
            name: {one["_id"]: one for one in await self._database[name].find({}).to_list()}
            for name in (RAW, VIEWS, HOURS, DEVICES, NOTES, REFRESH, REFRESH_NOTES)
        }


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel them until they end: asyncio.wait_for of Python 3.11, which pymongo uses, can swallow
    a cancellation that comes as the answer does. Raises what one of them failed with before.
    """
    pending = tasks
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.2)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()


@contextmanager
def _short_leases() -> Iterator[None]:
    usual = functions.aggregate.store.leases.LEASE_MS, functions.aggregate.refresh.scan.FOLLOWED
    functions.aggregate.store.leases.LEASE_MS = _LEASE_MS  # type: ignore[misc]  # final for all others
    functions.aggregate.refresh.scan.FOLLOWED = timedelta(seconds=2)  # type: ignore[misc]  # as above
    try:
        with hours_of_seconds(_HOUR_S):
            yield
    finally:
        functions.aggregate.store.leases.LEASE_MS = usual[0]  # type: ignore[misc]  # as above
        functions.aggregate.refresh.scan.FOLLOWED = usual[1]  # type: ignore[misc]  # as above
