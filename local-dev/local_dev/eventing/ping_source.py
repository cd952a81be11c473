"""A PingSource, which sends an event whenever its schedule says so.

Without a delivery block an event is sent once; what comes of it is only reported.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudevents.http import CloudEvent

from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, event_request
from local_dev.wire.http_client import NoResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.sink import EventSink
    from local_dev.manifests.eventing import Ping

PING_TYPE = "dev.knative.sources.ping"
TIMEOUT_S = 60.0


class PingSource:
    """Sends an event to its sink whenever its schedule says so, by this machine's clock."""

    def __init__(
        self, ping: Ping, namespace: str, sink: EventSink, say: Callable[[str], None]
    ) -> None:
        self._ping = ping
        self._namespace = namespace
        self._sink = sink
        self._say = say

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await asyncio.sleep(seconds_to_next(datetime.now(UTC), self._ping.every_minutes))
            await self.send(datetime.now(UTC))

    async def send(self, now: datetime) -> None:
        """Send one event."""
        event = Event.of(self.event(now, str(uuid.uuid4())))
        request = event_request(event, self._namespace, TraceContext())
        try:
            response = await self._sink.send(request, TIMEOUT_S)
        except NoResponseError as error:
            self._say(f"{self._ping.name}: {error}")
            return
        if response.status >= 300:  # noqa: PLR2004 - HTTP's border between done and not done
            self._say(f"{self._ping.name}: status {response.status}")

    def event(self, now: datetime, event_id: str) -> CloudEvent:
        """Return the event of this moment."""
        attributes = {
            "id": event_id,
            "source": f"/apis/v1/namespaces/{self._namespace}/pingsources/{self._ping.name}",
            "type": PING_TYPE,
            "time": now.isoformat().replace("+00:00", "Z"),
        }
        if self._ping.content_type is not None:
            attributes["datacontenttype"] = self._ping.content_type
        return CloudEvent(attributes, self._ping.data)


def seconds_to_next(now: datetime, every_minutes: int) -> float:
    """Return the seconds to the next minute that `*/every_minutes` names; cron counts per hour."""
    next_minute = (now.minute // every_minutes + 1) * every_minutes
    minutes = min(next_minute, 60) - now.minute
    return minutes * 60 - now.second - now.microsecond / 1e6
