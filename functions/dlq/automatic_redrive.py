"""Publishes again, at a tick, what died of the world, and what operators asked for.

A database that was away for a minute leaves dead letters that nobody need look at: they go back
bounded, spaced, visible. What died of its data, or of a bug, never goes back by itself.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from functions.dlq.redrive_store import DeadLetter, claim, due_letters, requested_letters
from functions.dlq.republishing import Publisher, publish_again
from shared import metrics
from shared.mongo.connection import Mongo

_MAX_LETTERS: Final = 500  # in one tick; the next is in 5 minutes
_MAX_S: Final = 20.0  # below timeoutSeconds of the Service
_log = logging.getLogger(__name__)


class AutomaticRedrive:
    """One pass at a time; a publisher is opened when there is the first letter to publish."""

    def __init__(
        self,
        mongo: Mongo,
        publisher: Publisher,
        topic: str,
        attempts: int,
        now: Callable[[], datetime],
    ) -> None:
        self._mongo = mongo
        self._publisher = publisher
        self._topic = topic
        self._attempts = attempts
        self._now = now
        self._passing = asyncio.Lock()
        self._is_open = False

    async def open(self) -> None:
        """Do nothing yet: most processes of dlq publish nothing."""

    async def close(self) -> None:
        """Close the publisher, if it was opened."""
        if self._is_open:
            await self._publisher.close()

    async def run(self) -> None:
        """Publish what is asked for, all that there is time for, and then the letters that are due.

        Raise TemporaryError where Kafka or MongoDB fails: the next tick goes on.
        """
        if self._passing.locked():
            return
        async with self._passing:
            database, end = self._mongo.database, time.monotonic() + _MAX_S
            while letters := await requested_letters(database, _MAX_LETTERS):
                for letter in letters:
                    if time.monotonic() > end:
                        return
                    await self._publish(letter)
            for letter in await due_letters(database, self._now(), self._attempts, _MAX_LETTERS):
                if time.monotonic() > end:
                    return
                await self._open_publisher()
                if await claim(database, letter):
                    await self._publish(letter)

    async def _open_publisher(self) -> None:
        if not self._is_open:
            await self._publisher.open()
            self._is_open = True

    async def _publish(self, letter: DeadLetter) -> None:
        database = self._mongo.database
        await self._open_publisher()
        why = await publish_again(database, self._publisher, self._topic, letter, self._now())
        outcome = "redriven" if why is None else "refused"
        metrics.redrives.labels(outcome).inc()
        _log.info(outcome, extra={"dead_letter_id": letter.letter_id, "reason": why})
