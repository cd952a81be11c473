"""A database that goes away is a 503 in bounded time, and the dashboard goes on when it is back."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from functions.dashboard.application import DashboardFunction
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port
from local_dev.servers.mongo import MongoServer
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.settings import MongoSettings
from tests.support.availability import no_server

pytestmark = pytest.mark.database


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MongoServer]:
    server = MongoServer(free_port(), tmp_path)
    try:
        server.start()
    except ServerFailedError as error:
        no_server(error)
    server.wait_until_ready()
    yield server
    server.stop()


async def statuses(server: MongoServer) -> list[tuple[int, float]]:
    """Ask before, while and after it is away; give each status and the seconds that it took."""
    dashboard = DashboardFunction(Mongo(MongoSettings(mongo_url=server.url)), 60)
    transport = httpx.ASGITransport(FunctionApplication(dashboard, dashboard.application))
    await dashboard.open()
    found = []
    async with httpx.AsyncClient(transport=transport, base_url="http://d", timeout=30) as client:
        for step in (lambda: None, server.stop, lambda: started(server)):
            await asyncio.to_thread(step)
            began = time.monotonic()
            response = await client.get("/aggregated")
            found.append((response.status_code, time.monotonic() - began))
    await dashboard.close()
    return found


def started(server: MongoServer) -> None:
    server.start()
    server.wait_until_ready()


def test_a_database_that_goes_away_costs_bounded_time_and_no_restart(server: MongoServer) -> None:
    found = asyncio.run(statuses(server))

    assert [status for status, _ in found] == [200, 503, 200]
    assert max(seconds for _, seconds in found) < 8
