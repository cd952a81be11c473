"""What is stored is exact when hypothesis decides what happens next.

It looks for the shortest history that breaks a promise.
"""

from contextlib import ExitStack
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.simulation.code_under_test import MOST_EXAMINED, wrong_clocks_and_small_limits
from tests.simulation.database_double.faults import Faults
from tests.simulation.seeded_random import Chance
from tests.simulation.simulation import WORKERS, World

_FAULTS = Faults(
    not_sent=0.01,
    answer_lost=0.03,
    gives_up=0.03,
    scan_rests=0.2,
    write_rests=0.3,
    meets_another=0.3,
)


class History(RuleBasedStateMachine):
    """The invariants are checked by the world, within each step."""

    def __init__(self) -> None:
        super().__init__()
        self._settings = ExitStack()
        self._world: World | None = None

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        chance = Chance(Random(seed))
        is_small = chance.happens(0.5)
        self._settings.enter_context(wrong_clocks_and_small_limits(chance, is_small=is_small))
        most = MOST_EXAMINED if is_small else None
        self._world = World(chance, replace(_FAULTS, most_examined=most))

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    @rule()
    def an_event_comes(self) -> None:
        self.world.publish()

    @rule(steps=st.integers(1, 40))
    def some_steps_are_done(self, steps: int) -> None:
        for _ in range(steps):
            self.world.step()

    @precondition(lambda self: self.world.replica.lag > 0)
    @rule(entries=st.integers(1, 10))
    def a_majority_holds_more(self, entries: int) -> None:
        self.world.advance(entries)

    @rule(seconds=st.sampled_from([1.0, 17.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.tick(seconds)

    @rule(name=st.sampled_from(WORKERS))
    def a_worker_crashes(self, name: str) -> None:
        self.world.crash(name)

    @rule()
    def another_number_of_shards_is_set(self) -> None:
        self.world.deploy()

    @rule(seconds=st.sampled_from([-3_600.0, 3_600.0]))
    def the_wall_clock_jumps(self, seconds: float) -> None:
        self.world.jump(seconds)

    @rule()
    def another_member_becomes_primary(self) -> None:
        self.world.fail_over()

    @rule()
    def some_workers_become_slow(self) -> None:
        self.world.change_speeds(1.0)

    def teardown(self) -> None:
        """Let it come to rest: only then is all that is stored compared with the recompute."""
        try:
            if self._world is not None:
                self._world.come_to_rest()
        finally:
            if self._world is not None:
                self._world.close()
            self._settings.close()


TestHistories = History.TestCase
TestHistories.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
