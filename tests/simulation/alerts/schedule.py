"""A random schedule of alerts: a history in which a seed decides everything."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from tests.simulation.alerts.limits import wrong_clocks_and_small_limits_of_alerts
from tests.simulation.alerts.world import TICKERS, AlertWorld
from tests.simulation.code_under_test import MOST_EXAMINED
from tests.simulation.database_double.faults import Faults
from tests.simulation.ledger import Broken
from tests.simulation.profile import ALERTS
from tests.simulation.schedule import report
from tests.simulation.seeded_random import Chance

_TICKS_S: Final = (1.0, 7.0, 30.0, 90.0, 700.0)


@dataclass(frozen=True, slots=True)
class AlertRhythm:
    """How it goes: shares of all steps, and how many there are."""

    steps: int
    event: float
    advance: float
    tick: float
    crash: float
    fail_over: float
    deploy: float
    ticking: float
    faults: Faults
    sees_all: bool
    is_small: bool
    writers: int = 4

    @classmethod
    def of(cls, chance: Chance) -> "AlertRhythm":
        is_small = chance.happens(0.4)
        return cls(
            steps=60 + chance.below(160),
            event=chance.one_of((0.03, 0.08, 0.15)),
            advance=chance.one_of((0.1, 0.3, 0.5)),
            tick=chance.one_of((0.03, 0.08)),
            crash=chance.one_of((0.0, 0.01, 0.04)),
            fail_over=chance.one_of((0.0, 0.0, 0.01)),
            deploy=chance.one_of((0.0, 0.0, 0.01)),
            ticking=chance.one_of((0.02, 0.3, 1.0)),
            faults=Faults(
                not_sent=chance.one_of((0.0, 0.01)),
                answer_lost=chance.one_of((0.0, 0.03)),
                gives_up=chance.one_of((0.0, 0.03)),
                scan_rests=chance.one_of((0.0, 0.2)),
                pauses=chance.one_of((0.0, 0.05, 0.2)),
                write_rests=chance.one_of((0.0, 0.3)),
                meets_another=chance.one_of((0.0, 0.3)),
                is_slow=chance.one_of((0.0, 0.1)),
                most_examined=MOST_EXAMINED if is_small else None,
            ),
            sees_all=chance.happens(0.3),
            is_small=is_small,
        )


def run_alert_schedule(
    seed: int, then: Callable[[AlertWorld], None] = lambda _: None, **other: Any
) -> AlertWorld:
    """Run the schedule of this seed; raise Broken, with how to replay it, for a broken promise.

    `then` is done with the world at rest; `other`: what of the rhythm is otherwise.
    """
    chance = Chance(Random(seed))
    rhythm = replace(AlertRhythm.of(chance), **other)
    if not rhythm.is_small:
        rhythm = replace(rhythm, faults=replace(rhythm.faults, most_examined=None))
    with wrong_clocks_and_small_limits_of_alerts(chance, is_small=rhythm.is_small):
        world = AlertWorld(chance, rhythm.faults, sees_all=rhythm.sees_all, writers=rhythm.writers)
        try:
            world.change_speeds(rhythm.ticking)
            for _ in range(rhythm.steps):
                _happen(world, chance, rhythm)
            world.come_to_rest()
            then(world)
        except Exception as error:
            raise Broken(report(seed, world.trace, error, ALERTS)) from error
        finally:
            world.close()
    return world


def _happen(world: AlertWorld, chance: Chance, rhythm: AlertRhythm) -> None:
    if chance.happens(rhythm.event):
        world.publish()
    if chance.happens(rhythm.advance) and world.replica.lag:
        world.advance(1 + chance.below(world.replica.lag))
    if chance.happens(rhythm.tick):
        world.tick(chance.one_of(_TICKS_S))
    if chance.happens(0.02):
        world.note_nothing()
    if chance.happens(rhythm.crash):
        world.crash(chance.one_of(TICKERS if chance.happens(0.3) else world.workers))
    if chance.happens(rhythm.fail_over):
        world.fail_over()
    if chance.happens(0.002):
        world.redrive()
    if chance.happens(0.02):
        world.change_speeds(rhythm.ticking)
    if chance.happens(rhythm.deploy):
        world.deploy()
    world.step()
