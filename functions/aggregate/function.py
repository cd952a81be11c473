"""Readings come in as events and are kept; beside it the refresh keeps the views right."""

from collections.abc import Sequence
from typing import Final

from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.scheduler import Refresher
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming, count_too_late, refuse_too_late
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading_event import readings_in
from shared.serving.event_function import EventResponder
from shared.serving.group_commit import GroupCommit
from shared.serving.http import HttpRequest, HttpResponse
from shared.settings import AggregateSettings

TICK_TYPE: Final = "dev.knative.sources.ping"
_TICK_S: Final = 20.0


class AggregateFunction:
    """The aggregate function: an event is done when its readings are stored and late ones noted."""

    name = "aggregate"

    def __init__(self, mongo: Mongo, settings: AggregateSettings) -> None:
        self._mongo = mongo
        self._settings = settings
        self._answers = EventResponder(self)
        self._keeping = GroupCommit(self._keep, len)
        self._refresher: Refresher | None = None

    async def open(self) -> None:
        await self._mongo.open()
        self._refresher = Refresher(self._mongo, self._settings)
        self._refresher.start()

    async def close(self) -> None:
        if self._refresher is not None:
            await self._refresher.close()
        await self._mongo.close()

    def not_ready(self) -> str | None:
        return self._mongo.not_ready()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        return await self._answers.respond(request)

    async def handle(self, event: CloudEvent) -> None:
        """Keep the event's readings, or, for the `refresh` tick, complete a refresh.

        Raises PermanentError for an event that is not of readings, TemporaryError where the
        database fails.
        """
        assert self._refresher is not None
        if event.event_type == TICK_TYPE:
            await self._refresher.next_pass(_TICK_S)
            return
        received = readings_in(event)
        late = await self._keeping.submit(
            [Incoming(reading, received.received_at) for reading in received.readings]
        )
        self._refresher.want()
        refuse_too_late(late)

    async def _keep(self, events: Sequence[Sequence[Incoming]]) -> Sequence[int]:
        too_late = await keep_and_note(
            self._mongo.database,
            [one for event in events for one in event],
            self._settings.aggregate_window_seconds,
            self._mongo.raw_retention,
        )
        return [count_too_late(event, too_late) for event in events]
