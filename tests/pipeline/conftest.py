"""One whole system for the tests that leave it as they found it; it ends with the last of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from tests.support.driven_system import DrivenSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database


FOLDER = Path(__file__).parent
RUNNING: list[DrivenSystem] = []


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenSystem]:
    """Give a running `local-dev/up`."""
    running = DrivenSystem.launch(tmp_path_factory.mktemp("system"))
    RUNNING.append(running)
    try:
        running.wait_until_up()
        yield running
    finally:
        end()


def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it before other tests: even at rest it takes a tenth of a processor."""
    if nextitem is not None and not nextitem.path.is_relative_to(FOLDER):
        end()


def end() -> None:
    while RUNNING:
        RUNNING.pop().stop()


@pytest.fixture(scope="session")
def database(system: DrivenSystem) -> Iterator[Database[dict[str, Any]]]:
    """Give the system's database, to look into from outside."""
    with MongoClient[dict[str, Any]](system.state["mongo_url"]) as client:
        yield client[system.state["database"]]
