"""How a schedule goes: how many steps it has, and how often what happens in it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from tests.simulation.code_under_test import MOST_EXAMINED
from tests.simulation.database_double.faults import Faults
from tests.simulation.seeded_random import Chance


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a schedule goes: shares of all steps, and how many there are."""

    steps: int
    event: float
    advance: float
    tick: float
    crash: float
    fail_over: float
    redrive: float
    idle: float  # the primary writes an entry of nothing
    new_speeds: float
    refreshing: float  # how much more often than others a refresh is stepped
    faults: Faults
    alerting: float = 1.0  # the same for alert
    is_race: bool = False  # two refreshes write the same new views all the time
    deploy: float = 0.0  # another number of shards is set
    jump: float = 0.0  # the primary's wall clock is set an hour forward or back
    is_small: bool = False  # the server has time for few documents, and steps are small
    retention: timedelta | None = None
    expire: float = 0.0  # retention deletes

    @classmethod
    def of(cls, chance: Chance) -> "Rhythm":
        if chance.happens(_RACES):
            return RACE
        rhythm = cls.of_all(chance)
        return rhythm.with_retention() if chance.happens(_RETENTION) else rhythm

    def with_retention(self) -> "Rhythm":
        """Return the same where readings are deleted some hours after their receipt."""
        return replace(self, retention=timedelta(hours=2), expire=0.05, tick=0.1)

    @classmethod
    def of_all(cls, chance: Chance) -> "Rhythm":
        is_small = chance.happens(0.5)
        return cls(
            steps=150 + chance.below(350),
            event=chance.one_of((0.01, 0.03, 0.1)),
            advance=chance.one_of((0.05, 0.15, 0.4)),
            tick=chance.one_of((0.02, 0.05, 0.1)),
            crash=chance.one_of((0.0, 0.005, 0.02, 0.05)),
            fail_over=chance.one_of((0.0, 0.003, 0.01)),
            redrive=0.002,
            idle=0.02,
            new_speeds=0.02,
            refreshing=chance.one_of((1.0, 1.0, 3.0)),
            deploy=chance.one_of((0.0, 0.01)),
            jump=chance.one_of((0.0, 0.0, 0.003)),
            is_small=is_small,
            faults=Faults(
                not_sent=chance.one_of((0.0, 0.01)),
                answer_lost=chance.one_of((0.0, 0.02, 0.06)),
                gives_up=chance.one_of((0.0, 0.02, 0.06)),
                scan_rests=chance.one_of((0.0, 0.2, 0.5)),
                pauses=chance.one_of((0.0, 0.03, 0.2)),
                write_rests=chance.one_of((0.1, 0.3, 0.6)),
                meets_another=chance.one_of((0.0, 0.5)),
                is_slow=chance.one_of((0.0, 0.1, 0.3)),
                most_examined=MOST_EXAMINED if is_small else None,
            ),
        )


_RACES: Final = 0.15
_RETENTION: Final = 0.1
RACE: Final = Rhythm(
    steps=450,
    event=0.06,
    advance=0.2,
    tick=0.05,
    crash=0.003,
    fail_over=0.003,
    redrive=0.002,
    idle=0.02,
    new_speeds=0.02,
    refreshing=3.0,
    faults=Faults(pauses=0.15, write_rests=0.1, scan_rests=0.1, is_slow=0.05, meets_another=0.6),
    alerting=0.1,
    is_race=True,
)
