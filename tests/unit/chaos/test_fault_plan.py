"""The faults of a run, and the readings of its devices, follow from the seed."""

import random
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.fault_plan import CHOICES, FIRST_HALF, Fault, plan
from tests.chaos.generated_readings import Gateway, GeneratedReading

NOW = datetime(2026, 1, 31, 12, 0, 3, tzinfo=UTC)
seeds = st.integers(0, 2**32)


def by_target(faults: list[Fault]) -> list[list[Fault]]:
    targets = defaultdict(list)
    for fault in faults:
        targets[fault.target].append(fault)
    return list(targets.values())


def generated(seed: int) -> list[GeneratedReading]:
    gateway = Gateway(1, 10, random.Random(seed))
    return [reading for _ in range(30) for reading in gateway.request(NOW)]


@given(seeds)
def test_the_same_seed_gives_the_same_faults(seed: int) -> None:
    assert plan(60, random.Random(seed)) == plan(60, random.Random(seed))


@given(seeds)
def test_one_target_has_one_fault_at_a_time(seed: int) -> None:
    targets = by_target(plan(120, random.Random(seed)))

    assert [
        (one, other)
        for faults in targets
        for one, other in pairwise(faults)
        if other.at_s < one.end_s
    ] == []


@given(seeds)
def test_records_are_made_to_come_again_in_the_first_half_only(seed: int) -> None:
    faults = plan(60, random.Random(seed))

    assert [each for each in faults if each.kind in FIRST_HALF and each.at_s > 30] == []


def test_over_some_runs_everything_fails_in_every_way() -> None:
    faults = [fault for seed in range(20) for fault in plan(60, random.Random(seed))]

    assert {(each.kind, each.target) for each in faults} == {
        (each.kind, each.target) for each in CHOICES
    }


@given(seeds)
def test_no_two_readings_of_a_gateway_are_the_same(seed: int) -> None:
    readings = generated(seed)

    assert len({reading.key for reading in readings}) == len(readings)


def test_a_reading_is_recognised_by_a_time_or_an_id() -> None:
    recognised = {
        ("ts" in reading.posted, "id" in reading.posted): reading.is_recognisable
        for seed in range(20)
        for reading in generated(seed)
    }

    assert recognised == {
        (True, True): True,
        (True, False): True,
        (False, True): True,
        (False, False): False,
    }
