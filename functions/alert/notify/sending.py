"""One pass over what is due: rows in batches, each alert in order, for as long as there is time.

A target that does not answer does not keep the others waiting: after a few attempts the pass leaves
it alone, and what is due for it stays due.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from functions.alert.notify.delivery import Delivery, Situation
from functions.alert.notify.retrying import Outcome
from functions.alert.notify.store import digests, outbox
from functions.alert.notify.targets.target import Target
from shared.mongo.collections import Document
from shared.mongo.database import Database

_BATCH: Final = 200
_AT_ONCE: Final = 8
_FAILURES: Final = 3  # of a target in one pass


class SendingPass:
    """A pass that begins at `now`, the database's clock, and has this much time.

    `off` are the targets that are off, with the reason.
    """

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        targets: Mapping[str, Target],
        silences: Sequence[Document],
        off: Mapping[str, str],
        now: datetime,
        budget: timedelta,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._targets = targets
        self._silences = silences
        self._off = off
        self._clock = _clock_from(now)
        self._end = now + budget
        self._failures: Counter[str] = Counter()

    async def run(self) -> None:
        """Deliver what is due; raise TemporaryError where the database fails."""
        while not self._is_over():
            targets = [name for name in self._targets if not self._is_failing(name)]
            rows = await outbox.due_rows(self._database, self._clock(), targets, _BATCH)
            if not rows:
                return
            situation = Situation(self._silences, await self._storms(rows), self._off)
            await self._deliver_all(rows, situation)

    async def _storms(self, rows: Sequence[Document]) -> frozenset[tuple[str, str]]:
        opened = {(one["target"], one["rule_id"]) for one in rows if one["kind"] == "opened"}
        told = [pair for pair in sorted(opened) if not self._targets[pair[0]].keeps_state]
        now = self._clock()
        found = [await digests.is_storm(self._database, name, rule, now) for name, rule in told]
        return frozenset(pair for pair, is_storm in zip(told, found, strict=True) if is_storm)

    async def _deliver_all(self, rows: Sequence[Document], situation: Situation) -> None:
        """Deliver the rows: of one alert and target one after another, of others at once."""
        threads: dict[tuple[str, str], list[Document]] = {}
        for row in sorted(rows, key=lambda one: (one["order"], one["_id"])):
            threads.setdefault((row["target"], row["uid"]), []).append(row)
        permits = asyncio.Semaphore(_AT_ONCE)

        async def deliver(thread: Sequence[Document]) -> None:
            async with permits:
                for row in thread:
                    await self._deliver(row, situation)

        ended = await asyncio.gather(*map(deliver, threads.values()), return_exceptions=True)
        failures = [one for one in ended if one is not None]
        if failures:
            raise failures[0]

    async def _deliver(self, row: Document, situation: Situation) -> None:
        if self._is_over() or self._is_failing(row["target"]):
            return
        if await self._delivery.deliver(row, situation, self._clock()) is Outcome.AGAIN:
            self._failures[row["target"]] += 1

    def _is_failing(self, name: str) -> bool:
        return self._failures[name] >= _FAILURES

    def _is_over(self) -> bool:
        return self._clock() >= self._end


def _clock_from(now: datetime) -> Callable[[], datetime]:
    """Return a clock that is at `now` now."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)
