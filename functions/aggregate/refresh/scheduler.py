"""The refresh of one process: its lanes and the scan, each a task beside the requests.

Idle, it gives its shards back and leaves the database alone until readings come or a tick does.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from functions.aggregate.refresh.cancellation import end_tasks
from functions.aggregate.refresh.hour_scan import HourScan
from functions.aggregate.refresh.lanes import late_step, live_pass
from functions.aggregate.refresh.quiet import Quiet
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.scan import Scan
from functions.aggregate.refresh.shares import Shares
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.leases import OWNER_PREFIX
from shared import metrics
from shared.mongo.connection import Mongo
from shared.outcomes import TemporaryError
from shared.settings import AggregateSettings

MIN_REST_S: Final = 1.0
# After a live round that took little: what is new shows soon, for a fifth of the time at the most.
SHORT_REST_S: Final = 0.25
_REST_FOR_A_FIFTH: Final = 4
BEAT_S: Final = 4.0  # a lease is renewed about three times before it is over
PAUSE: Final = 0.5  # of what a step of the late lane or the scan took: their share of everything
_CLOSE_S: Final = 2.0
_log = logging.getLogger(__name__)


class RefreshScheduler:
    """Runs what this process refreshes, from `open` to `close`."""

    def __init__(self, mongo: Mongo, settings: AggregateSettings) -> None:
        owner = f"{OWNER_PREFIX}{uuid.uuid4().hex}"
        remembered = Remembered(window_seconds=settings.aggregate_window_seconds)
        self._this = Refresh(
            lambda: mongo.database, owner, settings, mongo.raw_retention, remembered
        )
        self._shares = Shares(self._this)
        self._scan = Scan(self._this)
        self._hours = HourScan(self._this)
        self._scanning = asyncio.Lock()
        self._active = asyncio.Event()  # there may be work
        self._urgent = asyncio.Event()  # somebody waits for a live round
        self._passed = asyncio.Condition()
        self._begun = self._completed = 0
        self._quiet = Quiet()
        self._tasks: list[asyncio.Task[None]] = []
        self._completed_at = time.monotonic()
        metrics.refresh_age_seconds.set_function(lambda: time.monotonic() - self._completed_at)

    async def open(self) -> None:
        """Begin; there may be work that a process left undone."""
        self.want()
        steps = (self._beat, self._live_round, self._late_round, self._scan_step, self._hour_step)
        self._tasks = [asyncio.create_task(self._repeat(step)) for step in steps]

    def want(self) -> None:
        """Say that there are new notes."""
        self._quiet.wanted()
        self._active.set()

    async def next_pass(self, timeout_s: float) -> None:
        """Return when all live notes written before this call are counted, by us or by others.

        Others do so for the shards that they hold. Raise TemporaryError after `timeout_s` seconds.
        """
        self.want()
        try:
            async with asyncio.timeout(timeout_s), self._passed:
                await self._beat(is_urgent=True)
                target = self._begun + 1
                self._urgent.set()
                await self._passed.wait_for(lambda: self._completed >= target)
        except TimeoutError as error:
            raise TemporaryError("refresh", f"no refresh was completed in {timeout_s} s") from error

    async def close(self) -> None:
        """Stop; count what is left and give the shards back, within some 6 s."""
        await end_tasks(self._tasks)
        if not self._shares.held:
            return
        with suppress(TimeoutError, TemporaryError):
            async with asyncio.timeout(_CLOSE_S):
                await self._live_round()
                while await self._late_round() == 0:
                    pass
        with suppress(TimeoutError, TemporaryError):
            async with asyncio.timeout(_CLOSE_S):
                await self._shares.leave()

    async def _repeat(self, step: Callable[[], Awaitable[float]]) -> None:
        while True:
            await self._active.wait()
            rest_s = MIN_REST_S
            try:
                rest_s = await step()
            except TemporaryError as outcome:
                metrics.refresh_errors.inc()
                _log.warning("refresh failed", extra={"reason": str(outcome)})
            except Exception as error:  # noqa: BLE001 - the task's shell: logged, counted, done again
                metrics.refresh_errors.inc()
                _log.exception("refresh failed", exc_info=error)
            if step == self._live_round:
                with suppress(TimeoutError):
                    async with asyncio.timeout(rest_s):
                        await self._urgent.wait()
            else:
                await asyncio.sleep(rest_s)

    async def _beat(self, *, is_urgent: bool = False) -> float:
        """Take part in what is held by whom; rest where nothing is left to be done."""
        held = set(self._shares.held)
        if not await self._shares.beat(is_urgent=is_urgent):
            await self._scan_step()  # takes over from the version before, where that is possible
            await self._shares.beat(is_urgent=is_urgent)
        if self._shares.held - held:
            self._quiet.has_more()
            self._urgent.set()
        elif await self._is_idle():
            wants = self._quiet.wants
            await self._shares.leave()
            if self._quiet.wants == wants:
                self._active.clear()
        return BEAT_S

    async def _live_round(self) -> float:
        """Make a live pass of each shard that is held; return how long to rest."""
        self._urgent.clear()
        begun = self._begun = self._begun + 1
        wants, started = self._quiet.live_round_begins(), time.perf_counter()
        notes, horizons, failure = 0, [], None
        for one in sorted(self._shares.held):
            try:
                refreshed = await live_pass(self._this, *one)
            except TemporaryError as outcome:
                failure = failure or outcome  # the other shards go on
                continue
            if refreshed is None:
                self._shares.held.discard(one)
            else:
                notes += refreshed.notes
                horizons.append(refreshed.horizon)
        if failure is not None:
            raise failure
        took = time.perf_counter() - started
        self._quiet.live_round(wants, notes, horizons)
        metrics.refresh_seconds.observe(took)
        self._completed_at = time.monotonic()
        async with self._passed:
            self._completed = begun
            self._passed.notify_all()
        return _rest_after(took)

    async def _late_round(self) -> float:
        """Make a late step of each shard that is held; return how long to rest.

        It rests where no step has left anything: the notes that come meanwhile are counted at once.
        """
        wants, notes, is_drained, failure = self._quiet.late_round_begins(), 0, True, None
        for one in sorted(self._shares.held):
            if one not in self._shares.held:
                continue  # given back since the round began
            started, self._shares.late_at = time.perf_counter(), one
            try:
                step = await late_step(self._this, *one)
                notes += step.notes
                is_drained = is_drained and step.is_drained
            except TemporaryError as outcome:
                failure = failure or outcome
            self._shares.late_at = None
            await asyncio.sleep(PAUSE * (time.perf_counter() - started))
        if failure is not None:
            raise failure
        self._quiet.late_round(wants, notes)
        return MIN_REST_S if is_drained else 0.0

    async def _scan_step(self) -> float:
        started = time.perf_counter()
        async with self._scanning:
            is_at_end = await self._scan.step()
        self._quiet.is_scanned = is_at_end is not False
        if self._quiet.is_scanned:
            return BEAT_S
        return PAUSE * (time.perf_counter() - started)

    async def _hour_step(self) -> float:
        started = time.perf_counter()
        self._quiet.has_made_hours = await self._hours.step() is not False
        if self._quiet.has_made_hours:
            return BEAT_S
        return PAUSE * (time.perf_counter() - started)

    async def _is_idle(self) -> bool:
        horizon = self._quiet.settled_until()
        return horizon is not None and not await self._shares.has_readings_from(horizon)


def _rest_after(took_s: float) -> float:
    """Return how long a live round is followed by none; never less than it took."""
    return max(SHORT_REST_S, took_s, min(MIN_REST_S, _REST_FOR_A_FIFTH * took_s))
