"""Schedules whose coverage counts: some of each kind, with what only a rare history takes."""

import pytest

from tests.simulation.alerts.schedule import run_alert_schedule
from tests.simulation.profile import KINDS
from tests.simulation.schedule import run_schedule

_FIRST = 5_000  # seeds that no other test has
_COUNT = 25


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
def test_every_promise_is_kept_in_schedules_of_each_kind(kind: str) -> None:
    for seed in range(_FIRST, _FIRST + _COUNT):
        run_schedule(seed, kind)


@pytest.mark.timeout(120)
def test_alerts_equal_one_fold_in_schedules_whose_coverage_counts() -> None:
    for seed in range(_FIRST, _FIRST + 4 * _COUNT):
        run_alert_schedule(seed)
