"""When is the next refresh? Runs passes in a live process beside its requests, and rests when all
is settled, so that an idle process leaves the database alone.
"""

import asyncio
import logging
import time
import uuid
from contextlib import suppress
from typing import Final

from functions.aggregate.refresh.refresh_pass import Remembered, refresh
from functions.aggregate.store.views import take_lease
from shared import metrics
from shared.mongo.connection import Mongo
from shared.outcomes import TemporaryError
from shared.settings import AggregateSettings

MIN_WAIT_S: Final = 1.0
SHARE: Final = 10  # a refresh takes a tenth of the time at most
_ASK_S: Final = 0.5  # another process has the lease, or it is not due
_CLOSE_S: Final = 3.0
_log = logging.getLogger(__name__)


class Refresher:
    """The refresh of one process. One pass at a time among all processes, by the lease."""

    def __init__(self, mongo: Mongo, settings: AggregateSettings) -> None:
        self._mongo = mongo
        self._settings = settings
        self._owner = uuid.uuid4().hex
        self._remembered = Remembered()
        self._wanted = asyncio.Event()  # there is work
        self._hurry = asyncio.Event()  # somebody waits for it
        self._passed = asyncio.Condition()
        self._begun = self._completed = 0
        self._is_closing = False
        self._running: asyncio.Task[None] | None = None
        self._completed_at = time.monotonic()
        metrics.refresh_age_seconds.set_function(lambda: time.monotonic() - self._completed_at)

    async def open(self) -> None:
        """Begin; there may be work that a process left undone."""
        self._wanted.set()
        self._running = asyncio.get_running_loop().create_task(self._run())

    def want(self) -> None:
        """Say that there are new readings or notes."""
        self._wanted.set()

    async def next_pass(self, timeout_s: float) -> None:
        """Ask for a pass now and wait until one that begins after this call is complete.

        Raises TemporaryError after `timeout_s` seconds.
        """
        target = self._begun + 1
        self._wanted.set()
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout_s), self._passed:
                await self._passed.wait_for(lambda: self._completed >= target)
        except TimeoutError as error:
            raise TemporaryError("refresh", f"no refresh was completed in {timeout_s} s") from error

    async def close(self) -> None:
        """Make a last pass if there is work and no other process has the lease, and stop, within
        6 s.
        """
        if self._running is None:
            return
        self._is_closing = True
        self._hurry.set()
        if not self._wanted.is_set():
            self._running.cancel()
        for _ in range(2):
            done, _pending = await asyncio.wait([self._running], timeout=_CLOSE_S)
            if done:
                return
            self._running.cancel()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                wait_s = await self._attempt()
            except TemporaryError as outcome:
                metrics.refresh_errors.inc()
                _log.warning("refresh failed", extra={"reason": str(outcome)})
                wait_s = MIN_WAIT_S
            except Exception as error:  # noqa: BLE001 - the task's shell: told, counted, done again
                metrics.refresh_errors.inc()
                _log.exception("refresh failed", exc_info=error)
                wait_s = MIN_WAIT_S
            if self._is_closing:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._hurry.wait()

    async def _attempt(self) -> float:
        """Make a pass if one is due, or somebody waits for it; give the seconds to rest."""
        is_hurried = self._hurry.is_set()
        self._hurry.clear()
        self._wanted.clear()
        try:
            return await self._pass(is_hurried=is_hurried)
        except BaseException:
            self._wanted.set()  # not done: to be done again
            raise

    async def _pass(self, *, is_hurried: bool) -> float:
        started = time.perf_counter()
        begun = self._begun = self._begun + 1
        database = self._mongo.database
        async with database.client.start_session(causal_consistency=True) as session:
            width = self._settings.aggregate_window_seconds
            this = await take_lease(database, session, self._owner, width, is_hurried=is_hurried)
            if this is None:
                self._wanted.set()
                return _ASK_S
            is_settled = await refresh(
                this, self._settings, self._remembered, lambda: _wait_s(started)
            )
        if not is_settled:
            self._wanted.set()
        metrics.refresh_seconds.observe(time.perf_counter() - started)
        self._completed_at = time.monotonic()
        async with self._passed:
            self._completed = begun
            self._passed.notify_all()
        return _wait_s(started)


def _wait_s(started: float) -> float:
    return max(MIN_WAIT_S, SHARE * (time.perf_counter() - started))
