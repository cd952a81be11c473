"""When is the next refresh? Runs passes in a live process beside its requests, and rests when all
is settled, so that an idle process leaves the database alone.
"""

import asyncio
import logging
import time
import uuid
from contextlib import suppress
from typing import Final

from functions.aggregate.refresh import Remembered, refresh
from functions.aggregate.view_store import take_lease
from shared import metrics
from shared.mongo import Mongo
from shared.outcomes import TryAgain
from shared.settings import AggregateSettings

MIN_WAIT_S: Final = 1.0
SHARE: Final = 10  # a refresh takes a tenth of the time at most
_ASK_S: Final = 0.5  # another process has the lease, or it is not due
_CLOSE_S: Final = 5.0
_log = logging.getLogger(__name__)


class Refresher:
    """The refresh of one process. One pass at a time among all processes, by the lease."""

    def __init__(self, mongo: Mongo, settings: AggregateSettings) -> None:
        self._mongo = mongo
        self._settings = settings
        self._owner = uuid.uuid4().hex
        self._remembered = Remembered()
        self._wanted = asyncio.Event()
        self._passed = asyncio.Condition()
        self._passes = 0
        self._running: asyncio.Task[None] | None = None
        self._completed_at = time.monotonic()
        metrics.refresh_age_seconds.set_function(lambda: time.monotonic() - self._completed_at)

    def start(self) -> None:
        """Begin; there may be work that a process left undone."""
        self._wanted.set()
        self._running = asyncio.get_running_loop().create_task(self._run())

    def want(self) -> None:
        """Say that there are new readings or notes."""
        self._wanted.set()

    async def next_pass(self, timeout_s: float) -> None:
        """Ask for a pass and wait until one that began later is complete.

        Raises TryAgain after `timeout_s` seconds.
        """
        target = self._passes + 1
        self.want()
        try:
            async with asyncio.timeout(timeout_s), self._passed:
                await self._passed.wait_for(lambda: self._passes >= target)
        except TimeoutError as error:
            raise TryAgain("refresh", f"no refresh was completed in {timeout_s} s") from error

    async def close(self) -> None:
        """Make a last pass if one is wanted, within 5 s, and stop."""
        if self._running is None:
            return
        if self._wanted.is_set():
            with suppress(TryAgain):
                await self.next_pass(_CLOSE_S)
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                wait_s = await self._attempt()
            except TryAgain as outcome:
                metrics.refresh_errors.inc()
                _log.warning("refresh failed", extra={"reason": str(outcome)})
                wait_s = MIN_WAIT_S
            await asyncio.sleep(wait_s)

    async def _attempt(self) -> float:
        """Make a pass if one is due; give the seconds to wait."""
        self._wanted.clear()
        started = time.perf_counter()
        database = self._mongo.database
        try:
            async with database.client.start_session(causal_consistency=True) as session:
                width = self._settings.aggregate_window_seconds
                this = await take_lease(database, session, self._owner, width)
                if this is None:
                    self._wanted.set()
                    return _ASK_S
                is_settled = await refresh(
                    this, self._settings, self._remembered, lambda: _wait_s(started)
                )
        except BaseException:
            self._wanted.set()  # not done: to be done again
            raise
        if not is_settled:
            self._wanted.set()
        metrics.refresh_seconds.observe(time.perf_counter() - started)
        self._completed_at = time.monotonic()
        async with self._passed:
            self._passes += 1
            self._passed.notify_all()
        return _wait_s(started)


def _wait_s(started: float) -> float:
    return max(MIN_WAIT_S, SHARE * (time.perf_counter() - started))
