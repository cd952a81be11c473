"""The dashboard without a database: what it serves by itself."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache

import httpx
import pytest

from functions.dashboard.application import DashboardFunction
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from shared.serving.application import ASGI, FunctionApplication
from shared.settings import CorsSettings, DashboardSettings, read

Get = Callable[..., httpx.Response]
Send = Callable[..., httpx.Response]
Headers = Mapping[str, str] | list[tuple[bytes, bytes]]


class NoDatabase:
    """A connection to a database that never responds."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return "the database has not answered yet"

    @property
    def database(self) -> Database:
        raise TemporaryError("database", "10.0.0.7:27017 refused the connection")


@cache  # making the routes takes 50 ms
def application(cors_origins: str, ingest_url: str) -> ASGI:
    cors = read(CorsSettings, {"CORS_ORIGINS": cors_origins})
    settings = read(DashboardSettings, {"INGEST_URL": ingest_url})
    dashboard = DashboardFunction(NoDatabase(), 60, settings, cors)
    return FunctionApplication(dashboard, dashboard.application)


@pytest.fixture
def send() -> Send:
    """Return a function that sends requests to a dashboard whose database is away."""

    async def respond(request: httpx.Request, to: ASGI) -> httpx.Response:
        transport = httpx.ASGITransport(to, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(request)

    def request(
        method: str,
        path: str,
        headers: Headers | None = None,
        *,
        cors_origins: str = "",
        ingest_url: str = "",
        body: object = None,
    ) -> httpx.Response:
        url = f"http://dashboard{path}"
        made = httpx.Request(method, url, headers=headers)
        if body is not None:
            made = httpx.Request(method, url, headers=headers, json=body)
        return asyncio.run(respond(made, application(cors_origins, ingest_url)))

    return request


@pytest.fixture
def get(send: Send) -> Get:
    """Return a function that reads from a dashboard whose database is away."""

    def request(path: str, method: str = "GET", accept: str = "*/*") -> httpx.Response:
        return send(method, path, {"accept": accept})

    return request
