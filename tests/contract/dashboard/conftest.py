"""The dashboard on a database of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on


@pytest.fixture(scope="module")
def dashboard(mongo_url: str) -> Iterator[DashboardClient]:
    """Yield a dashboard whose database a module's tests share."""
    with dashboard_on(mongo_url) as client:
        yield client


@pytest.fixture
def empty(dashboard: DashboardClient) -> DashboardClient:
    """Return the dashboard with nothing stored."""
    for name in dashboard.stored.list_collection_names():
        dashboard.stored[name].delete_many({})
    return dashboard


@pytest.fixture
def desk(empty: DashboardClient) -> DashboardClient:
    """Return the dashboard, open to what operators do, with nothing stored."""
    return empty
