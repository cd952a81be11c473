"""How a schedule goes: how many steps it has, and how often what happens in it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from tests.simulation.code_under_test import MOST_EXAMINED
from tests.simulation.database_double.faults import Faults
from tests.simulation.seeded_random import Chance

# Kinds of schedules. NEW and HOT: two refreshes write the same views all the time, new ones or one.
# OLDER: the version before has worked. RETENTION: readings are deleted hours after their receipt.
ANY: Final = "any"
NEW: Final = "new"
HOT: Final = "hot"
OLDER: Final = "older"
RETENTION: Final = "retention"
KINDS: Final = (ANY, NEW, HOT, OLDER, RETENTION)
ALERTS: Final = "alerts"  # of alerts, in a world of their own: tests/simulation/alerts
_KINDS: Final = (*[ANY] * 5, NEW, HOT, HOT, OLDER, RETENTION)


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
    kind: str = ANY
    deploy: float = 0.0  # another number of shards is set
    jump: float = 0.0  # the primary's wall clock is set an hour forward or back
    is_small: bool = False  # the server has time for few documents, and steps are small
    retention: timedelta | None = None
    expire: float = 0.0  # retention deletes

    @classmethod
    def of(cls, chance: Chance, kind: str | None = None) -> "Rhythm":
        """Return how a schedule goes, of one kind where it is given."""
        chosen = chance.one_of(_KINDS) if kind is None else kind
        if chosen == NEW:
            return RACE
        if chosen == HOT:
            return _hot(chance)
        if chosen == RETENTION:
            return _retention(chance)
        return replace(cls.of_all(chance), kind=chosen)

    @classmethod
    def of_all(cls, chance: Chance) -> "Rhythm":
        is_small = chance.happens(0.5)
        return cls(
            steps=200 + chance.below(400),
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
            jump=chance.one_of((0.0, 0.0, 0.01)),
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
    kind=NEW,
)


def _hot(chance: Chance) -> Rhythm:
    """One pair gets one reading after the other, and several processes count it."""
    is_small = chance.happens(0.3)
    return replace(
        RACE,
        steps=600,
        event=chance.one_of((0.04, 0.08)),
        refreshing=chance.one_of((1.0, 3.0)),
        faults=replace(
            RACE.faults,
            pauses=chance.one_of((0.0, 0.03, 0.15)),
            scan_rests=chance.one_of((0.0, 0.2)),
            is_slow=chance.one_of((0.0, 0.1)),
            meets_another=0.0,
            most_examined=MOST_EXAMINED if is_small else None,
        ),
        alerting=chance.one_of((0.1, 1.0)),
        is_small=is_small,
        kind=HOT,
    )


def _retention(chance: Chance) -> Rhythm:
    """Readings of one pair come for an hour, and a refresh may be away for as long."""
    return replace(
        RACE,
        steps=500,
        event=0.06,
        tick=0.08,
        new_speeds=0.01,
        refreshing=chance.one_of((0.02, 0.2, 1.0)),
        faults=replace(RACE.faults, meets_another=0.0, pauses=0.02),
        kind=RETENTION,
        retention=timedelta(hours=2),
        expire=0.08,
    )
