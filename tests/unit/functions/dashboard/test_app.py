"""The dashboard's adapters: chosen by its environment, which is read before anything is opened."""

import asyncio
import json
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request

from functions.dashboard import main
from functions.dashboard.app import create
from functions.dashboard.application import DashboardFunction
from shared.serving.application import FunctionApplication
from shared.serving.functions_framework import StockAdapter
from shared.settings import SettingsError
from tests.support.asgi_client import body_messages, exchange
from tests.support.credentials import auth_folder
from tests.unit.functions.dashboard.access_client import KEY
from tests.unit.functions.dashboard.conftest import NoDatabase


def test_the_defaults_make_a_dashboard() -> None:
    assert create({}).name == "dashboard"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "*"),
        ("DEAD_LETTER_DETAILS", "perhaps"),
        ("INGEST_URL", "data.example.org"),
        ("INGEST_URL", "https://data.example.org/"),
        ("INGEST_URL", "https://data.example.org/'; rm -r ~"),
        ("INGEST_URL", 'https://data.example.org/"><script'),
        ("AGGREGATE_WINDOW_SECONDS", "0"),
        ("MONGO_URL", "mongo:27017"),
        ("OIDC_ISSUER", "http://login.example.org"),
        ("DASHBOARD_URL", "http://dashboard.example.org"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}"):
        create({name: value})


def test_a_login_by_an_issuer_is_set_whole_or_not_at_all(tmp_path: Path) -> None:
    whole = {
        "AUTH_FILE": str(auth_folder(tmp_path, [{"name": "x", "keys": [KEY], "scopes": ["read"]}])),
        "OIDC_ISSUER": "https://login.example.org/realms/iot",
        "OIDC_CLIENT_ID": "dashboard",
        "DASHBOARD_URL": "https://dashboard.example.org",
    }
    assert create(whole).name == "dashboard"

    for missing in ("AUTH_FILE", "OIDC_CLIENT_ID", "DASHBOARD_URL"):
        with pytest.raises(SettingsError, match=f"OIDC_ISSUER needs .*{missing}"):
            create({name: value for name, value in whole.items() if name != missing})
    with pytest.raises(SettingsError, match="openid"):
        create({**whole, "OIDC_SCOPES": "email"})


def test_the_stock_command_serves_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_database(_environment: Mapping[str, str]) -> FunctionApplication:
        dashboard = DashboardFunction(NoDatabase(), 60)
        return FunctionApplication(dashboard, dashboard.application)

    monkeypatch.setattr(main, "_ADAPTER", StockAdapter(without_database))

    assert asyncio.run(name_of_what_it_serves()) == "dashboard"


async def name_of_what_it_serves() -> str:
    # The framework calls what it gets as an ASGI application.
    response: Any = await cast("Awaitable[Any]", main.dashboard(Request({"type": "http"})))
    sent = await exchange(response, "GET", "/health", [], body_messages([b""]))
    name: str = json.loads(sent[1]["body"])["function"]
    return name
