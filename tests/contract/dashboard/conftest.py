"""The dashboard on a database of its own."""

from collections.abc import Iterator

import pytest

from shared.settings import DashboardSettings
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on


@pytest.fixture(scope="module")
def dashboard(mongo_url: str) -> Iterator[DashboardClient]:
    """Yield a dashboard whose database a module's tests share."""
    with dashboard_on(mongo_url) as client:
        yield client


@pytest.fixture(scope="module")
def open_dashboard(mongo_url: str) -> Iterator[DashboardClient]:
    """Yield a dashboard that takes what operators do."""
    with dashboard_on(mongo_url, DashboardSettings(dashboard_writes="open")) as client:
        yield client


@pytest.fixture
def desk(open_dashboard: DashboardClient) -> DashboardClient:
    """Return the dashboard that takes writes, with nothing stored."""
    for name in open_dashboard.stored.list_collection_names():
        open_dashboard.stored[name].delete_many({})
    return open_dashboard


@pytest.fixture
def empty(dashboard: DashboardClient) -> DashboardClient:
    """Return the dashboard with nothing stored."""
    for name in dashboard.stored.list_collection_names():
        dashboard.stored[name].delete_many({})
    return dashboard
