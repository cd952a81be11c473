"""The dashboard on a database of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.dashboard.asked import Asked, dashboard_on


@pytest.fixture(scope="module")
def dashboard(mongo_url: str) -> Iterator[Asked]:
    """Give a dashboard whose database a module's tests share."""
    with dashboard_on(mongo_url) as asked:
        yield asked


@pytest.fixture
def empty(dashboard: Asked) -> Asked:
    """Give the dashboard with nothing stored."""
    for name in dashboard.stored.list_collection_names():
        dashboard.stored[name].delete_many({})
    return dashboard
