"""How does a schedule go? How many steps it has, and how often what happens in it."""

from dataclasses import dataclass
from typing import Final

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

    @classmethod
    def of(cls, chance: Chance) -> "Rhythm":
        return RACE if chance.happens(_RACES) else cls.of_all(chance)

    @classmethod
    def of_all(cls, chance: Chance) -> "Rhythm":
        return cls(
            steps=150 + chance.below(350),
            event=chance.one_of((0.01, 0.03, 0.1)),
            advance=chance.one_of((0.05, 0.15, 0.4)),
            tick=chance.one_of((0.02, 0.05, 0.1)),
            crash=chance.one_of((0.0, 0.005, 0.02)),
            fail_over=chance.one_of((0.0, 0.003, 0.01)),
            redrive=0.002,
            idle=0.02,
            new_speeds=0.02,
            refreshing=chance.one_of((1.0, 1.0, 3.0)),
            faults=Faults(
                not_sent=chance.one_of((0.0, 0.01)),
                answer_lost=chance.one_of((0.0, 0.02, 0.06)),
                gives_up=chance.one_of((0.0, 0.02, 0.06)),
                scan_rests=chance.one_of((0.0, 0.2, 0.5)),
                pauses=chance.one_of((0.0, 0.03, 0.2)),
                write_rests=chance.one_of((0.1, 0.3, 0.6)),
                meets_another=chance.one_of((0.0, 0.5)),
                is_slow=chance.one_of((0.0, 0.1, 0.3)),
            ),
        )


_RACES: Final = 0.15
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
