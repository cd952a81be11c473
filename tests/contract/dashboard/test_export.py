"""The export of a device's readings: all of them, in order, from one page after the other."""

import asyncio
import csv
import io
import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import NoReturn

import pytest

from functions.dashboard.application import DashboardFunction
from functions.dashboard.routes.export import PAGE
from shared.mongo.collections import DEVICES, RAW
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from shared.serving.application import ASGI, Receive, Scope, Send
from tests.contract.dashboard.dashboard_client import Connected, DashboardClient
from tests.contract.dashboard.documents import NOON, device, reading

pytestmark = pytest.mark.database
EXPORT = "/devices/boiler/telemetry/export"
HOURS = "from=2026-01-31T11:00:00Z&to=2026-01-31T14:00:00Z"


@pytest.fixture
def filled(empty: DashboardClient) -> DashboardClient:
    """Return a dashboard with a few readings, one of another device."""
    first = reading("boiler", 0, temperature_c=-1.5, humidity=40.0)
    second = {**reading("boiler", 1), "measurements": {"lux": 3.0}, "lat": 1.0}
    empty.store(DEVICES, [device("boiler", 0)])
    empty.store(RAW, [first, second, reading("oven", 2)])
    return empty


def test_csv_has_a_row_for_each_value(filled: DashboardClient) -> None:
    response = filled.get(f"{EXPORT}?{HOURS}")

    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert response.headers["content-type"].startswith("text/csv")
    assert [(row["ts"][17:19], row["sensor_type"], row["value"]) for row in rows] == [
        ("01", "temperature_c", "20.0"),
        ("01", "lux", "3.0"),
        ("00", "temperature_c", "-1.5"),
        ("00", "humidity", "40.0"),
    ]
    assert {row["device_id"] for row in rows} == {"boiler"}
    assert len(rows[0]["reading_id"]) == 44


def test_ndjson_has_a_line_for_each_reading_as_the_list_shows_it(filled: DashboardClient) -> None:
    listed = filled.rows("/devices/boiler/telemetry")

    response = filled.ask(f"{EXPORT}?{HOURS}", accept="application/x-ndjson")

    assert response.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in response.text.splitlines()] == listed


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/csv"])
def test_whoever_does_not_ask_for_lines_gets_csv(filled: DashboardClient, accept: str) -> None:
    response = filled.ask(f"{EXPORT}?{HOURS}", accept=accept)

    assert response.text.startswith("device_id,ts,")


def test_more_than_a_page_comes_whole_and_each_reading_once(empty: DashboardClient) -> None:
    many = [reading("boiler", step // 3, lux=float(step)) for step in range(2 * PAGE + 5)]
    empty.store(DEVICES, [device("boiler", 0)])
    empty.store(RAW, many)

    lines = empty.get(f"{EXPORT}?{HOURS}&format=ndjson").text.splitlines()

    ids = [json.loads(line)["reading_id"] for line in lines]
    assert sorted(ids) == sorted(one["_id"] for one in many)


def test_ranges_that_meet_give_what_the_whole_gives(filled: DashboardClient) -> None:
    path = f"{EXPORT}?format=ndjson"
    edge = int(NOON.timestamp()) + 1

    late = filled.get(f"{path}&from={edge}&to={edge + 60}").text
    early = filled.get(f"{path}&from={edge - 60}&to={edge}").text

    assert late
    assert late + early == filled.get(f"{path}&from={edge - 60}&to={edge + 60}").text


def test_without_a_range_it_is_the_last_hour(filled: DashboardClient) -> None:
    assert filled.get(f"{EXPORT}?format=ndjson").text == ""


def test_a_device_that_was_never_seen_is_a_404(filled: DashboardClient) -> None:
    assert filled.get("/devices/nobody/telemetry/export").status_code == 404


@dataclass(slots=True)
class Failing:
    """A connection whose database goes away after it was used so many times."""

    inner: Connected
    uses: int

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None:
        return None

    @property
    def database(self) -> Database:
        self.uses -= 1
        if self.uses < 0:
            raise TemporaryError("database", "it went away")
        return self.inner.database


def test_an_export_that_fails_in_the_midst_does_not_end_in_order(empty: DashboardClient) -> None:
    """Whoever reads it must not take a part for the whole."""
    empty.store(DEVICES, [device("boiler", 0)])
    empty.store(RAW, [reading("boiler", step, lux=1.0) for step in range(PAGE + 1)])
    dashboard = DashboardFunction(Failing(empty.connection, 2), 60)
    sent: list[str] = []

    async def receive() -> NoReturn:
        await asyncio.Future()  # the client stays and says no more
        raise AssertionError

    async def send(message: MutableMapping[str, object]) -> None:
        sent.append(f"{message['type']} {message.get('more_body', '')}")

    scope = {"type": "http", "method": "GET", "path": EXPORT, "query_string": HOURS.encode(),
             "headers": []}  # fmt: skip
    with pytest.raises(RuntimeError, match="response already started"):
        empty.loop.run(call(dashboard.application, scope, receive, send))

    assert sent == ["http.response.start ", "http.response.body True", "http.response.body True"]


async def call(application: ASGI, scope: Scope, receive: Receive, send: Send) -> None:
    await application(scope, receive, send)
