"""A fault of the dashboard's own is a problem too, and says nothing of its inside."""

import asyncio

import httpx
import pytest

from functions.dashboard.application import DashboardFunction
from shared.mongo.database import Database


class FaultyConnection:
    """A connection that fails as only a fault in the code does."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return None

    @property
    def database(self) -> Database:
        raise KeyError("secret")


def respond_to(path: str) -> httpx.Response:
    async def respond() -> httpx.Response:
        dashboard = DashboardFunction(FaultyConnection(), 60)
        transport = httpx.ASGITransport(dashboard.application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.get(path)

    return asyncio.run(respond())


@pytest.mark.parametrize("path", ["/stats", "/alerts", "/receipts/" + "0" * 44])
def test_a_fault_is_a_500_that_shows_nothing_of_its_inside(path: str) -> None:
    response = respond_to(path)

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
