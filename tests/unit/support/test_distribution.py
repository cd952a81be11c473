"""Which tests run together in one of two workers."""

from pathlib import Path

import pytest

from tests.support.distribution import ORDER, group_of


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/pipeline/test_chaos.py::test_a", "pipeline"),
        ("tests/contract/shared/test_b.py::test_c[x::y]", "tests/contract/shared/test_b.py"),
        (
            "tests/simulation/test_mutants.py::test_d[e]",
            "tests/simulation/test_mutants.py::test_d[e]",
        ),
    ],
)
def test_a_system_is_shared_by_a_folder_a_fixture_by_a_file_and_a_schedule_by_nobody(
    nodeid: str, group: str
) -> None:
    assert group_of(nodeid) == group


def test_every_folder_has_its_place_in_the_order(root: Path) -> None:
    folders = {
        file.relative_to(root / "tests").parts[0] for file in root.glob("tests/*/**/test_*.py")
    }

    assert folders == set(ORDER)
