"""What is stored is exact after any history. Random schedules on the database double."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.counted import CHUNK, chunks
from tests.simulation.schedule import run_schedule, run_schedules


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", chunks())
def test_every_promise_is_kept_in_random_schedules(first: int) -> None:
    run_schedules(range(first, first + CHUNK))


@pytest.mark.timeout(120)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(10_000, 2**63))
def test_every_promise_is_kept_in_schedules_that_no_run_had_before(seed: int) -> None:
    run_schedule(seed)


def test_a_schedule_is_replayed_by_its_seed() -> None:
    first, again = run_schedule(4), run_schedule(4)

    assert first.trace == again.trace
