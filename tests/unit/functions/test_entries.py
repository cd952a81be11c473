"""How a function begins: the process entry, the stock command's entry, and its settings."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request

from functions import __main__ as entry
from shared.serving.http_protocol import BoundedHttpProtocol
from shared.settings import SettingsError

EVERY = ["ingest", "aggregate", "alert", "dlq", "dashboard"]
ON_MONGO = ["aggregate", "alert", "dlq", "dashboard"]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    handlers = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = handlers


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Return what uvicorn was asked to run."""
    asked: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(uvicorn, "run", lambda application, **how: asked.append((application, how)))
    return asked


@pytest.mark.parametrize("name", EVERY)
def test_the_argument_names_the_function(
    name: str, monkeypatch: pytest.MonkeyPatch, served: list[tuple[Any, dict[str, Any]]]
) -> None:
    monkeypatch.setattr(sys, "argv", ["functions", name])
    monkeypatch.setenv("PORT", "8123")

    entry.main()

    ((application, how),) = served
    assert (application.name, how["port"]) == (name, 8123)
    assert issubclass(how["http"], BoundedHttpProtocol)


def test_without_an_argument_the_environment_names_it(
    monkeypatch: pytest.MonkeyPatch, served: list[tuple[Any, dict[str, Any]]]
) -> None:
    monkeypatch.setattr(sys, "argv", ["functions"])
    monkeypatch.setenv("FUNCTION", "alert")

    entry.main()

    assert served[0][0].name == entry.application().name == "alert"


def test_help_tells_the_options_and_serves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: list[Any]
) -> None:
    monkeypatch.setattr(sys, "argv", ["functions", "--help"])

    entry.main()

    assert served == []
    assert "--check" in capsys.readouterr().out


def test_a_name_that_is_none_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["functions", "ingress"])

    with pytest.raises(SystemExit) as ended:
        entry.main()

    assert ended.value.code == 2
    assert "must be one of ingest, aggregate, alert, dlq, dashboard" in capsys.readouterr().err


def test_a_wrong_setting_ends_the_process_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], served: list[Any]
) -> None:
    monkeypatch.setattr(sys, "argv", ["functions", "alert"])
    monkeypatch.setenv("TEMP_MAX_THRESHOLD", "40,5")

    with pytest.raises(SystemExit) as ended:
        entry.main()

    assert (ended.value.code, served) == (2, [])
    assert "TEMP_MAX_THRESHOLD='40,5'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ON_MONGO)
def test_a_wrong_address_of_the_database_is_refused_by_each_that_needs_it(name: str) -> None:
    with pytest.raises(SettingsError, match="MONGO_URL: must begin with mongodb://"):
        import_module(f"functions.{name}.app").create({"MONGO_URL": "mongo"})


@pytest.mark.parametrize("value", ["-1", "13", "often"])
def test_a_wrong_number_of_redrives_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="REDRIVE_ATTEMPTS="):
        import_module("functions.dlq.app").create({"REDRIVE_ATTEMPTS": value})


class Unopened:
    """An application that says how often it was opened, and responds."""

    def __init__(self) -> None:
        self.opened = 0

    async def open(self) -> None:
        self.opened += 1

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})


@pytest.mark.parametrize("name", EVERY)
def test_under_the_stock_command_the_application_is_opened_once_and_responds(name: str) -> None:
    module, application = import_module(f"functions.{name}.main"), Unopened()
    module._ADAPTER._create = lambda _environment: application
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def two_requests() -> None:
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": []}
        for _ in range(2):
            response = await getattr(module, name)(Request(scope))
            await response(scope, None, send)

    asyncio.run(two_requests())

    assert application.opened == 1
    assert [message["status"] for message in sent] == [204, 204]
