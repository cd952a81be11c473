"""What happens to one event until it is done with? A source's consumer calls it for each.

Attempts, waits between them, the dead letter sink; and, said loudly, the cases in which the real
KafkaSource loses or stalls an event.
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
from local_dev.wire.http_client import Answer, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_dev.eventing.sink import Destination
    from local_dev.manifests.delivery_rule import DeliveryRule
    from local_dev.wire.cloud_event import Event


@dataclass(slots=True)
class DeliveryCounts:
    """What one source did since it was started; `in_flight` is now."""

    delivered: int = 0
    retried: int = 0
    dead_lettered: int = 0
    dropped: int = 0
    attempts: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a destination did not take an event, and its last answer as far as it is reported."""

    reason: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """Delivers the events of one source."""

    namespace: str
    rule: DeliveryRule
    sink: Destination
    dead_letters: Destination | None
    say: Callable[[str], None]
    counts: DeliveryCounts

    async def deliver(self, event: Event, trace: TraceContext) -> None:
        """Return when the event is accepted, dead-lettered or lost.

        After an answer with an impossible kne- header it never returns, as in the real one.
        """
        self.counts.in_flight += 1
        try:
            await self._deliver(event, trace)
        finally:
            self.counts.in_flight -= 1

    def lost(self, event_name: str, reason: str) -> None:
        """Count and say that a cluster would have lost an event here, without a trace."""
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
            letter = dead_letter(event, self.sink.url, failure.answer)
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

    async def _send(self, destination: Destination, request: EventRequest) -> Failure | None:
        attempt = 0
        while True:
            attempt += 1
            answer, trouble = await self._attempt(destination, request)
            decision = decide(self.rule, attempt, answer.status if answer else None)
            match decision:
                case Accepted():
                    return None
                case DeadLetter(reason, answer_is_reported):
                    said = f"answered {answer.status}" if answer else trouble
                    return Failure(f"{said}: {reason}", answer if answer_is_reported else None)
                case TryAgainIn(seconds):
                    self.counts.retried += 1
                    await asyncio.sleep(seconds)

    async def _attempt(
        self, destination: Destination, request: EventRequest
    ) -> tuple[Answer | None, str]:
        self.counts.attempts += 1
        try:
            answer = await destination.send(request, self.rule.timeout_s)
        except NoAnswerError as error:
            return None, str(error)
        return answer, ""
