"""The plan of a run: which fault befalls which part, and when. A seed gives the same plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import random

Kind = Literal["kill", "stop", "rewind", "duplicate"]
GAP_S = (0.3, 2.5)  # from one fault to the next: often the last one is still under way
SESSION_S = 10.5  # a killed bridge's consumers are members of their groups for 10 s more
REST_S = {"bridge": 15.0, "database": 4.0, "broker": 4.0}  # so long it works again after a fault


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of fault, how often it is chosen, and how many seconds it lasts at least and most."""

    kind: Kind
    target: str
    weight: float
    shortest_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Fault:
    """At `at_s`, `target` is killed or stopped for `lasting_s` seconds, or records are repeated.

    A function that is killed is started again by its host; `lasting_s` then is 0. `rewind` kills
    the bridge, and its committed offsets are moved back while it is away. `duplicate` produces
    whole records again, in another order.
    """

    at_s: float
    kind: Kind
    target: str
    lasting_s: float

    @property
    def end_s(self) -> float:
        return self.at_s + self.lasting_s


CHOICES = (
    Choice("kill", "aggregate", 5, 0, 0),
    Choice("stop", "aggregate", 5, 0.5, 6),
    Choice("kill", "alert", 3, 0, 0),
    Choice("stop", "alert", 3, 0.5, 6),
    Choice("kill", "ingest", 2, 0, 0),
    Choice("stop", "ingest", 2, 0.5, 5),
    Choice("kill", "dlq", 1, 0, 0),
    Choice("stop", "dlq", 1, 0.5, 6),
    Choice("kill", "bridge", 1.5, 0, 3),
    Choice("stop", "bridge", 1.5, 1, 14),  # longer than a session: its partitions are taken away
    Choice("kill", "database", 2, 0, 15),
    Choice("stop", "database", 2, 1, 15),
    Choice("kill", "broker", 1.5, 0, 4),
    Choice("stop", "broker", 1.5, 1, 7),
    Choice("rewind", "bridge", 1.5, SESSION_S, SESSION_S + 2),
    Choice("duplicate", "records", 2, 0, 0),
)
FIRST_HALF = frozenset({"rewind", "duplicate"})  # what these redeliver could hide a loss


def plan(seconds: float, chance: random.Random) -> list[Fault]:
    """Return the faults of a run of so many seconds, by their time.

    One target has one fault at a time. Records are repeated in the first half only, so that
    nothing acknowledged later is delivered again by the run itself.
    """
    faults: list[Fault] = []
    free_at: dict[str, float] = {}
    now_s = round(chance.uniform(*GAP_S), 2)
    while now_s < seconds:
        choices = [
            choice
            for choice in CHOICES
            if free_at.get(choice.target, 0) <= now_s
            and not (choice.kind in FIRST_HALF and now_s > seconds / 2)
        ]
        if choices:  # else all is under way
            (chosen,) = chance.choices(choices, [choice.weight for choice in choices])
            lasting_s = round(chance.uniform(chosen.shortest_s, chosen.longest_s), 2)
            faults.append(Fault(now_s, chosen.kind, chosen.target, lasting_s))
            free_at[chosen.target] = faults[-1].end_s + REST_S.get(chosen.target, 0)
        now_s = round(now_s + chance.uniform(*GAP_S), 2)
    return faults
