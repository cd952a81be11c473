"""The events that wait, and for whom.

Delivery without order: an event goes to aggregate and to alert, each until it acknowledges it, or
until its retries are used up; then it is a dead letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.mongo.reading_store import Incoming
from tests.simulation.seeded_random import Chance

AGGREGATE: Final = "aggregate"
ALERT: Final = "alert"


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way to one function."""

    function: str
    event: int
    incoming: Sequence[Incoming]
    attempts: int = 0


@dataclass(slots=True)
class Queues:
    """The deliveries that wait, those in a worker's hands, and the dead letters."""

    chance: Chance
    retries: int
    waiting: dict[str, list[Delivery]] = field(default_factory=lambda: {AGGREGATE: [], ALERT: []})
    in_hand: dict[str, list[Delivery]] = field(default_factory=dict)
    dead: list[Delivery] = field(default_factory=list)

    def publish(self, event: int, incoming: Sequence[Incoming]) -> None:
        for function, waiting in self.waiting.items():
            waiting.append(Delivery(function, event, incoming))

    def take(self, worker: str, function: str) -> list[Delivery]:
        """Give the worker some deliveries, in no order: its group commit takes them as one."""
        waiting = self.waiting[function]
        many = min(len(waiting), 1 + self.chance.below(2))
        taken = [waiting.pop(self.chance.below(len(waiting))) for _ in range(many)]
        self.in_hand[worker] = taken
        return taken

    def acknowledge(self, worker: str) -> None:
        """Forget what the worker has done; now and then the acknowledgement is lost on its way."""
        for delivery in self.in_hand.pop(worker):
            if self.chance.happens(0.05):
                self.waiting[delivery.function].append(delivery)

    def give_back(self, worker: str) -> None:
        """Deliver again what the worker refused or took with it in a crash."""
        for delivery in self.in_hand.pop(worker, []):
            delivery.attempts += 1
            if delivery.attempts > self.retries:
                self.dead.append(delivery)
            else:
                self.waiting[delivery.function].append(delivery)

    def redrive(self) -> list[int]:
        """Publish the events of all dead letters again; give their numbers."""
        letters, self.dead = self.dead, []
        for letter in letters:
            self.publish(letter.event, letter.incoming)
        return [letter.event for letter in letters]

    @property
    def is_empty(self) -> bool:
        return not (any(self.waiting.values()) or any(self.in_hand.values()) or self.dead)
