"""Sends notices: what the alert function holds of this room, from its start to its end.

Whoever writes alerts takes `rows_for` a change, stores them by `store.outbox.insert` in the session
in which the change is written out, and calls `soon`. A tick calls `tick`. Nothing else is needed:
what a process leaves unsent, the next tick sends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from functions.alert.notify.delivery import Client, Delivery
from functions.alert.notify.notices import notices_for
from functions.alert.notify.repeats import enqueue_repeats
from functions.alert.notify.rows import rows_of
from functions.alert.notify.sending import SendingPass
from functions.alert.notify.store import digests, outbox, upkeep
from functions.alert.notify.store.targets_off import targets_off
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.telling_again import tell_again
from shared import metrics
from shared.mongo.collections import Document
from shared.mongo.connection import Mongo
from shared.mongo.database import Database
from shared.outcomes import TemporaryError

BUDGET: Final = timedelta(seconds=20)  # below timeoutSeconds of the Service
_REST_S: Final = 0.1  # a tick may be sending meanwhile
_CANCELS: Final = 5
_AHEAD: Final = timedelta(minutes=1)  # what is due later is the tick's
_GIVEN_UP: Final = timedelta(days=3)  # after which nobody can send for a target that is gone
_log = logging.getLogger(__name__)


class Sender:
    """The notices of one process: enqueued, and sent beside its events and at its ticks."""

    def __init__(
        self,
        mongo: Mongo,
        targets: Targets,
        client_of: Callable[[], Client] | None = None,
        clock_of: Callable[[Database], Awaitable[datetime]] = upkeep.database_time,
    ) -> None:
        self._mongo = mongo
        self._settings = targets
        self._targets = {target.name: target for target in targets.targets}
        self._client_of = client_of or _http_client
        self._clock_of = clock_of
        self._client: Client | None = None
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = asyncio.Event()

    async def open(self) -> None:
        """Begin to wait for notices; nothing where there is no target."""
        if self._targets:
            self._task = asyncio.create_task(self._beside_events())

    async def close(self) -> None:
        """Stop; what is being sent is sent again later, under the same id."""
        for _ in range(_CANCELS):
            if self._task is None or self._task.done():
                break
            self._task.cancel()  # under Python 3.11 pymongo may lose a cancellation
            await asyncio.wait([self._task], timeout=0.3)
        close: Callable[[], Awaitable[None]] | None = getattr(self._client, "close", None)
        if close is not None:
            await close()

    def rows_for(
        self,
        kind: str,
        alert: Mapping[str, Any],
        commit: int,
        now: datetime,
        *,
        was_flapping: bool = False,
    ) -> Sequence[Document]:
        """Return the rows to insert for a change of an alert; none where there is no target.

        `kind`, `alert`, `commit` and `was_flapping` as `notices_for` takes them; `now` is the
        database's clock.
        """
        if not self._targets:
            return []
        notices = notices_for(kind, alert, commit, was_flapping=was_flapping)
        states = [each.name for each in self._settings.targets if each.keeps_state]
        others = [name for name in self._targets if name not in states]
        told_states = [notice for notice in notices if notice.kind != "late_opened"]
        return [
            *rows_of(notices, others, now, self._settings.wait),
            *rows_of(told_states, states, now, timedelta(0)),
        ]

    def soon(self) -> None:
        """Say that there are new rows: they are sent by this process as soon as they are due."""
        self._is_wanted.set()

    async def tick(self, budget: timedelta = BUDGET) -> None:
        """Do what time has made due, within about the budget.

        Raise TemporaryError where the database fails: the next tick does it.
        """
        if not self._targets:
            return
        database = self._mongo.database
        now = await self._clock_of(database)
        states = [target for target in self._settings.targets if target.keeps_state]
        await tell_again(database, self._http(), states, now, budget / 2)
        names = list(self._targets)
        gone = "its target is no longer configured"
        await upkeep.give_up_others(database, names, now - _GIVEN_UP, gone)
        await digests.release_strays(database, now)
        repeat = self._settings.repeat
        if repeat:
            await enqueue_repeats(database, names, now, repeat)
        await self.send_due(now, budget)
        metrics.notifications_stuck.set(await upkeep.count_stuck(database))

    async def send_due(self, now: datetime, budget: timedelta = BUDGET) -> None:
        """Send what is due at `now`, the database's clock, for as long as the budget.

        Another call meanwhile does nothing. Raise TemporaryError where the database fails.
        """
        if self._sending.locked():
            return
        async with self._sending:
            database = self._mongo.database
            silences = await outbox.silences_in_force(database, now)
            await upkeep.release_silenced(database, [one["_id"] for one in silences], now)
            off = await targets_off(database, self._settings.targets)
            delivery = Delivery(database, self._http(), self._targets, self._settings.repeat)
            sending = SendingPass(database, delivery, self._targets, silences, off, now, budget)
            await sending.run()

    def _http(self) -> Client:
        if self._client is None:
            self._client = self._client_of()
        return self._client

    async def _beside_events(self) -> None:
        """Send what is wanted, when it is due, until closed."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                await self._until_nothing_is_due()
            except TemporaryError as outcome:
                _log.warning("notices not sent", extra={"reason": str(outcome)})
            except Exception as error:  # noqa: BLE001 - the task's shell: logged, and done by a tick
                _log.exception("notices not sent", exc_info=error)

    async def _until_nothing_is_due(self) -> None:
        """Send, and wait for what is due within a minute; what is due later is a tick's."""
        database = self._mongo.database
        while True:
            now = await self._clock_of(database)
            due = await upkeep.next_due(database, self._targets, now, _AHEAD)
            if due is None:
                return
            await asyncio.sleep(max((due - now).total_seconds(), _REST_S))
            await self.send_due(max(due, now))


def _http_client() -> Client:
    from functions.alert.notify.targets.http_client import (  # noqa: PLC0415 - most starts need none
        HttpClient,
    )

    return HttpClient()
