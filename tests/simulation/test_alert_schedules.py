"""Alerts are what one fold of the sorted readings gives, after any history; on the double."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.alerts.notices import check_notices
from tests.simulation.alerts.schedule import run_alert_schedule
from tests.simulation.alerts.world import AlertWorld
from tests.simulation.counted import CHUNK, chunks
from tests.simulation.database_double.faults import Faults

_SOME = range(20_000, 20_015)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", chunks())
def test_alerts_and_states_equal_one_fold_in_random_schedules(first: int) -> None:
    for seed in range(first, first + CHUNK):
        run_alert_schedule(seed)


@pytest.mark.timeout(120)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(30_000, 2**63))
def test_alerts_equal_one_fold_in_schedules_that_no_run_had_before(seed: int) -> None:
    run_alert_schedule(seed)


@pytest.mark.parametrize("seed", _SOME)
def test_i4_a_crash_between_any_two_writes_changes_nothing(seed: int) -> None:
    run_alert_schedule(seed, crash=0.15, faults=Faults(answer_lost=0.1, gives_up=0.1))


@pytest.mark.parametrize("writers", [1, 2, 8])
@pytest.mark.parametrize("seed", _SOME[:5])
def test_i5_any_number_of_workers_comes_to_the_same(seed: int, writers: int) -> None:
    run_alert_schedule(seed, writers=writers, event=0.2)


@pytest.mark.parametrize("seed", _SOME)
def test_i8_a_replay_from_empty_is_what_live_traffic_came_to(seed: int) -> None:
    run_alert_schedule(seed, AlertWorld.forget_alerts, is_small=False)


@pytest.mark.parametrize("seed", _SOME)
def test_i14_a_redrive_of_what_was_not_lost_changes_no_alert(seed: int) -> None:
    def redriven(world: AlertWorld) -> None:
        before = world.alerts()
        world.deliver_all_again()
        assert world.alerts() == before

    run_alert_schedule(seed, redriven, is_small=False)


def test_a_schedule_of_alerts_is_replayed_by_its_seed() -> None:
    first, again = run_alert_schedule(4), run_alert_schedule(4)

    assert first.trace == again.trace


@pytest.mark.parametrize("seed", _SOME)
def test_i10_a_change_of_an_alert_has_one_notice_whoever_writes_it_out(seed: int) -> None:
    def told(world: AlertWorld) -> None:
        check_notices(world.replica.held_state)

    run_alert_schedule(seed, told, crash=0.1, faults=Faults(answer_lost=0.1, gives_up=0.1))
