"""Where a system keeps its data."""

from pathlib import Path

import pytest

from local_dev.paths import DATA_VARIABLE, ROOT, Places


@pytest.fixture(autouse=True)
def _has_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", "/home/anna")


@pytest.mark.parametrize(
    ("option", "folder"),
    [
        (None, ROOT / ".data"),
        ("", ROOT / ".data"),
        ("data", Path.cwd() / "data"),
        ("/srv/data", Path("/srv/data")),
        ("~/data", Path("/home/anna/data")),  # a shell leaves it as it is in --data=~/data
    ],
)
def test_the_folder_is_the_options(option: str | None, folder: Path) -> None:
    assert Places.chosen_by(option).data == folder


def test_without_the_option_it_is_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, "~/elsewhere")

    assert Places.chosen_by(None).data == Path("/home/anna/elsewhere")
    assert Places.chosen_by("/srv/data").data == Path("/srv/data")
