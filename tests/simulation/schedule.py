"""A random schedule: a history in which a seed decides everything, so that it can be replayed."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from tests.simulation.code_under_test import wrong_clocks_and_small_limits
from tests.simulation.ledger import Broken
from tests.simulation.profile import Rhythm
from tests.simulation.seeded_random import Chance
from tests.simulation.simulation import WORKERS, World

_TICKS_S: Final = (0.4, 1.0, 3.0, 17.0, 61.0)
_LONG_TICKS_S: Final = (1.0, 61.0, 700.0, 2_000.0)
_JUMPS_S: Final = (3_600.0, -3_600.0)
_SHOWN: Final = 150


def run_schedule(seed: int, kind: str | None = None) -> World:
    """Run the schedule of this seed, of one kind where it is given.

    Raise Broken, with how to replay it, where a promise is broken.
    """
    chance = Chance(Random(seed))
    rhythm = Rhythm.of(chance, kind)
    with wrong_clocks_and_small_limits(chance, is_small=rhythm.is_small, kind=rhythm.kind):
        world = World(chance, rhythm.faults, kind=rhythm.kind, retention=rhythm.retention)
        try:
            world.change_speeds(rhythm.refreshing, rhythm.alerting)
            for _ in range(rhythm.steps):
                _happen(world, chance, rhythm)
            world.come_to_rest()
        except Exception as error:
            raise Broken(report(seed, world.trace, error, kind)) from error
        finally:
            world.close()
    return world


def run_schedules(seeds: Iterable[int]) -> None:
    """Run all of these; raise Broken at the first that breaks a promise."""
    for seed in seeds:
        run_schedule(seed)


def _happen(world: World, chance: Chance, rhythm: Rhythm) -> None:
    if chance.happens(rhythm.event):
        world.publish()
    if chance.happens(rhythm.advance) and world.replica.lag:
        world.advance(1 + chance.below(world.replica.lag))
    _go_on(world, chance, rhythm)
    _befall(world, chance, rhythm)
    world.step()


def _go_on(world: World, chance: Chance, rhythm: Rhythm) -> None:
    """Let time pass, and what follows from it."""
    if chance.happens(rhythm.tick):
        world.tick(chance.one_of(_TICKS_S if rhythm.retention is None else _LONG_TICKS_S))
    if chance.happens(rhythm.jump):
        world.jump(chance.one_of(_JUMPS_S))
    if chance.happens(rhythm.expire):
        world.expire()
    if chance.happens(rhythm.idle):
        world.note_nothing()


def _befall(world: World, chance: Chance, rhythm: Rhythm) -> None:
    """Let something happen to the workers or to the database."""
    if chance.happens(rhythm.crash):
        world.crash(chance.one_of(WORKERS))
    if chance.happens(rhythm.fail_over):
        world.fail_over()
    if chance.happens(rhythm.redrive):
        world.redrive()
    if chance.happens(rhythm.new_speeds):
        world.change_speeds(rhythm.refreshing, rhythm.alerting)
    if chance.happens(rhythm.deploy):
        world.deploy()


def report(seed: int, trace: Sequence[tuple[str, str]], error: Exception, kind: str | None) -> str:
    """Return what broke, the last that happened before it, and how to replay it."""
    shown = trace[-_SHOWN:]
    first = len(trace) - len(shown)
    lines = [f"{first + n:6} {who:12} {what}" for n, (who, what) in enumerate(shown)]
    told = f"{type(error).__name__}: {error}"
    replay = f"replay: python -m tests.simulation.run_schedules --seed {seed}"
    if kind is not None:
        replay += f" --kind {kind}"
    return "\n".join([f"seed {seed}: {told}", replay, *lines, f"seed {seed}: {told}", replay])
