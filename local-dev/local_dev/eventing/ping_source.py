"""How does a PingSource speak? The pipeline runs one for each manifest.

Without a delivery block an event is sent once; what comes of it is only said.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, event_request
from local_dev.wire.http_client import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.sink import Destination
    from local_dev.manifests.eventing import Ping

PING_TYPE = "dev.knative.sources.ping"
TIMEOUT_S = 60.0


class PingSource:
    """Sends an event to its sink whenever its schedule says so, by this machine's clock."""

    def __init__(
        self, ping: Ping, namespace: str, sink: Destination, say: Callable[[str], None]
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
        request = event_request(self.event(now, str(uuid.uuid4())), self._namespace, TraceContext())
        try:
            answer = await self._sink.send(request, TIMEOUT_S)
        except NoAnswerError as error:
            self._say(f"{self._ping.name}: {error}")
            return
        if answer.status >= 300:  # noqa: PLR2004 - HTTP's border between done and not done
            self._say(f"{self._ping.name}: answered {answer.status}")

    def event(self, now: datetime, event_id: str) -> Event:
        """Return the event of this moment."""
        name = f"/apis/v1/namespaces/{self._namespace}/pingsources/{self._ping.name}"
        attributes = {
            "specversion": "1.0",
            "id": event_id,
            "source": name,
            "type": PING_TYPE,
            "time": now.isoformat().replace("+00:00", "Z"),
        }
        return Event(attributes, self._ping.content_type, self._ping.data.encode("utf-8"))


def seconds_to_next(now: datetime, every_minutes: int) -> float:
    """Return the seconds to the next minute that `*/every_minutes` names; cron counts per hour."""
    next_minute = (now.minute // every_minutes + 1) * every_minutes
    minutes = min(next_minute, 60) - now.minute
    return minutes * 60 - now.second - now.microsecond / 1e6
