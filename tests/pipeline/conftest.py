"""One whole system for the tests that leave it as they found it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from tests.support.driven_system import DrivenSystem


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenSystem]:
    """Give a running `local-dev/up`."""
    running = DrivenSystem.launch(tmp_path_factory.mktemp("system"))
    try:
        running.wait_until_up()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def database(system: DrivenSystem) -> Iterator[Database[dict[str, Any]]]:
    """Give the system's database, to look into from outside."""
    with MongoClient[dict[str, Any]](system.state["mongo_url"]) as client:
        yield client[system.state["database"]]
