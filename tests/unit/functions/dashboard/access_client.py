"""A dashboard that is closed, and callers of every kind; its database is away."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import httpx

from functions.dashboard.application import DashboardFunction
from shared.auth.verifier import Verifier
from shared.serving.application import ASGI, FunctionApplication
from shared.settings import CorsSettings, read
from tests.support.credentials import T0, SigningKey, auth_folder
from tests.unit.functions.dashboard.conftest import NoDatabase

KEY: Final = SigningKey("k1")
SCOPES: Final = ["ingest", "read", "alerts:ack", "rules:write", "dlq:redrive", "admin", "events"]
APP: Final = "https://app.example.org"
REACHED: Final = 503  # the database is away: the request got as far as it


def token_with(*scopes: str, **claims: Any) -> str:
    return KEY.token(scope=" ".join(scopes), sub="ada", **claims)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@cache
def dashboard() -> DashboardFunction:
    folder = Path(mkdtemp())
    issuer = {"name": "minted", "keys": [KEY], "scopes": SCOPES}
    verifier = Verifier(auth_folder(folder, [issuer], revoked="lost"), now=lambda: T0)
    cors = read(CorsSettings, {"CORS_ORIGINS": APP})
    return DashboardFunction(NoDatabase(), 60, cors=cors, verifier=verifier)


@cache
def application() -> ASGI:
    return FunctionApplication(dashboard(), dashboard().application, is_open=False)


def send(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    host: str = "dashboard.example.org",
    body: object = None,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> httpx.Response:
    """Send a request to the closed dashboard."""
    url = f"http://{host}{path}"
    made = httpx.Request(method, url, headers=headers, json=body, data=form, content=content)
    return asyncio.run(_sent(made))


async def _sent(request: httpx.Request) -> httpx.Response:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.send(request)
