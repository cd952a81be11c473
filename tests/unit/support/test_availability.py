"""A test that misses something is skipped, and fails where `CI` counts on it."""

from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.support import availability


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that is taken for `../shared`; it is not there yet."""
    monkeypatch.setattr(availability, "BESIDE", tmp_path / "shared")
    return tmp_path / "shared"


@pytest.mark.parametrize("ci", ["true", ""])
def test_without_the_shared_folder_a_test_that_needs_it_is_skipped(
    beside: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(Skipped, match=str(beside)):
        availability.shared_folder("crds")


def test_in_ci_a_shared_folder_without_the_part_that_is_needed_is_an_error(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    beside.mkdir()

    with pytest.raises(Failed, match="crds is not there"):
        availability.shared_folder("crds")


def test_elsewhere_it_is_a_skip(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    beside.mkdir()

    with pytest.raises(Skipped):
        availability.shared_folder("crds")


def test_a_folder_that_is_there_is_returned(beside: Path) -> None:
    (beside / "crds").mkdir(parents=True)

    assert availability.shared_folder("crds") == beside / "crds"


def test_a_server_that_cannot_be_had_is_a_skip_and_in_ci_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reason = RuntimeError("no mongod")

    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(Skipped, match="no mongod"):
        availability.no_server(reason)

    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeError):
        availability.no_server(reason)
