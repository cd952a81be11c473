"""The schedules notice faults: each deliberate one makes one of them fail."""

from pathlib import Path

import pytest

from tests.simulation.counted import IS_FULL
from tests.simulation.mutated_copy import MUTANTS, copy_code, put_in, run_copy, run_until_found

_SCHEDULES = 1_000  # by then each is found; most are among the first ten
_TRIED = MUTANTS if IS_FULL else MUTANTS[::2]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", _TRIED, ids=lambda mutant: mutant.stem)
def test_schedules_find_that(mutant: Path, root: Path, tmp_path: Path) -> None:
    copy_code(root, tmp_path)
    put_in(mutant, tmp_path)

    code, printed = run_until_found(tmp_path, _SCHEDULES, mutant)

    assert code == 1, f"the fault is not found:\n{printed}"
    assert "replay: " in printed, printed


@pytest.mark.timeout(120)
def test_schedules_pass_on_a_copy_without_a_fault(root: Path, tmp_path: Path) -> None:
    copy_code(root, tmp_path)

    code, printed = run_copy(tmp_path, 20)

    assert code == 0, printed
