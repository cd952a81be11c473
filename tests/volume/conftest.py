"""Volume: what holds for hundreds of readings, with millions and with processes that are killed.

`local-dev/test --volume` runs the full size, the ordinary tests a small one of each.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pymongo import MongoClient

from tests.volume.figures import Figures
from tests.volume.processes import System
from tests.volume.sizes import Size, size_of_this_run
from tests.volume.waiting import Documents

_FIGURES: Final = Figures()


@pytest.fixture(scope="session")
def size() -> Size:
    """Return how much to do."""
    return size_of_this_run()


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Return the table that is printed at the end."""
    return _FIGURES


@pytest.fixture
def documents(mongo_url: str) -> Iterator[Documents]:
    """Return a database of its own, gone afterwards."""
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        database = client[f"volume_{uuid.uuid4().hex}"]
        yield database
        client.drop_database(database.name)


@pytest.fixture
def system(root: Path, tmp_path: Path, mongo_url: str, documents: Documents) -> System:
    """Return where functions run, on that database."""
    return System(root, tmp_path, mongo_url, documents.name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print every figure, whatever became of the tests."""
    if _FIGURES.all:
        terminalreporter.section("volume")
        for line in _FIGURES.table():
            terminalreporter.write_line(line)
