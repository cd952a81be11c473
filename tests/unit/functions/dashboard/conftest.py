"""The dashboard without a database: what it serves by itself."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from functions.dashboard.application import DashboardFunction
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from shared.serving.application import FunctionApplication

Get = Callable[..., httpx.Response]


class NoDatabase:
    """A connection to a database that never responds."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return "the database has not answered yet"

    @property
    def database(self) -> Database:
        raise TemporaryError("database", "10.0.0.7:27017 refused the connection")


@pytest.fixture
def get() -> Get:
    """Return a function that sends requests to a dashboard whose database is away."""
    dashboard = DashboardFunction(NoDatabase(), 60)
    shell = FunctionApplication(dashboard, dashboard.application)

    async def respond(path: str, method: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(shell, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.request(method, path, headers=headers)

    def request(path: str, method: str = "GET", accept: str = "*/*") -> httpx.Response:
        return asyncio.run(respond(path, method, {"accept": accept}))

    return request
