"""The delivery of one event: attempts, waits between them, the dead letter sink.

The cases in which the real KafkaSource loses or stalls an event are reported loudly.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.eventing.dead_letter import JammedError, dead_letter
from local_dev.eventing.retry_policy import Accepted, DeadLetter, TryAgainIn, decide
from local_dev.wire.event_request import (
    EventRequest,
    TraceContext,
    UnsendableEventError,
    event_request,
)
from local_dev.wire.http_client import NoResponseError
from local_dev.wire.http_parser import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.sink import EventSink
    from local_dev.manifests.eventing import DeliveryRule
    from local_dev.wire.cloud_event import Event


@dataclass(slots=True)
class DeliveryCounts:
    """What one source did since it was started; `in_flight` is now."""

    delivered: int = 0
    retried: int = 0
    dead_lettered: int = 0
    dropped: int = 0
    in_flight: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sink did not take an event, and its last response as far as it is reported."""

    reason: str
    response: Response | None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """Delivers the events of one source."""

    namespace: str
    rule: DeliveryRule
    sink: EventSink
    dead_letters: EventSink | None
    say: Callable[[str], None]
    counts: DeliveryCounts

    async def deliver(self, event: Event, trace: TraceContext) -> None:
        """Return when the event is accepted, dead-lettered or lost.

        After a response with an impossible kne- header it never returns, as in the real one.
        """
        self.counts.in_flight += 1
        try:
            await self._deliver(event, trace)
        finally:
            self.counts.in_flight -= 1

    def lost(self, event_name: str, reason: str) -> None:
        """Count and report that a cluster would have lost an event here, without a trace."""
        self.counts.dropped += 1
        self.say(f"LOST, as in a cluster, where nothing would say so: {event_name!r}: {reason}")

    async def _deliver(self, event: Event, trace: TraceContext) -> None:
        name = event.attributes["id"]
        try:
            request = event_request(event, self.namespace, trace)
        except UnsendableEventError as error:
            self.lost(name, str(error))
            return
        failure = await self._send(self.sink, request)
        if failure is None:
            self.counts.delivered += 1
            return
        await self._dead_letter(name, event, failure, trace)

    async def _dead_letter(
        self, name: str, event: Event, failure: Failure, trace: TraceContext
    ) -> None:
        if self.dead_letters is None:
            self.lost(name, f"{failure.reason}, and the source has no dead letter sink")
            return
        try:
            letter = dead_letter(event, self.sink.url, failure.response)
            request = event_request(letter, self.namespace, trace)
        except JammedError as error:
            self.say(f"STALLED, as in a cluster, until a restart: {name!r}: {error}")
            await asyncio.get_running_loop().create_future()  # never done
            return
        except UnsendableEventError as error:
            self.lost(name, f"as a dead letter: {error}")
            return
        second = await self._send(self.dead_letters, request)
        if second is not None:
            self.lost(name, f"{failure.reason}, and the dead letter sink: {second.reason}")
            return
        self.counts.dead_lettered += 1
        self.say(f"dead letter: {name!r}: {failure.reason}")

    async def _send(self, sink: EventSink, request: EventRequest) -> Failure | None:
        attempt = 0
        while True:
            attempt += 1
            response, trouble = await self._attempt(sink, request)
            decision = decide(self.rule, attempt, response.status if response else None)
            match decision:
                case Accepted():
                    return None
                case DeadLetter(reason, response_is_reported):
                    outcome = f"status {response.status}" if response else trouble
                    return Failure(
                        f"{outcome}: {reason}", response if response_is_reported else None
                    )
                case TryAgainIn(seconds):
                    self.counts.retried += 1
                    await asyncio.sleep(seconds)

    async def _attempt(self, sink: EventSink, request: EventRequest) -> tuple[Response | None, str]:
        self.counts.attempts += 1
        try:
            return await sink.send(request, self.rule.timeout.total_seconds()), ""
        except NoResponseError as error:
            return None, str(error)
