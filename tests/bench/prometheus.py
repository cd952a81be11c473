"""How long a query of Prometheus' API takes over a day of 100 and of 1,000 devices.

    local-dev/bench prometheus

The baseline reads the same hours by the driver, and does nothing with them. A step is five
minutes, as a panel of Grafana has it over a day.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

import httpx

from functions.aggregate.hour_summary import key_of, with_views
from functions.dashboard.application import DashboardFunction
from functions.dashboard.queries import samples
from shared.mongo.collections import DEVICES, HOURS, REFRESH, VIEWS, Document
from shared.mongo.connection import Mongo
from shared.times import rfc3339
from tests.bench.aggregate import database_of
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers

NAME: Final = "prometheus"
_START: Final = datetime(2026, 1, 30, tzinfo=UTC)
_WINDOWS: Final = 1_440  # a day of minutes
_QUERY: Final = "temperature_c"
_SUM: Final = "avg(avg_over_time(temperature_c[5m]))"


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return milliseconds of each query."""
    return [
        figure
        for devices in (100, 1_000)
        for figure in asyncio.run(_measured(servers.mongo_url, devices, rounds))
    ]


async def _measured(url: str, devices: int, rounds: int) -> list[Figure]:
    async with database_of(url) as mongo:
        await _fill(mongo, devices)
        dashboard = DashboardFunction(mongo, 60)
        transport = httpx.ASGITransport(dashboard.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://d") as client:
            ways: dict[str, Callable[[], Awaitable[None]]] = {
                f"{devices} devices, read and nothing else": lambda: _read(mongo, devices),
                f"{devices} devices, a curve of each": lambda: _asked(client, _QUERY),
                f"{devices} devices, one curve of all": lambda: _asked(client, _SUM),
            }
            times: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    started = time.perf_counter()
                    await way()
                    times[name].append((time.perf_counter() - started) * 1e3)
    baseline = next(iter(ways))
    return [
        Figure(
            case=NAME,
            name=name,
            value=statistics.median(some),
            unit="ms",
            baseline=None if name == baseline else baseline,
            ratio=None if name == baseline else median_ratio(some, times[baseline]),
            less_is_better=True,
        )
        for name, some in times.items()
    ]


async def _asked(client: httpx.AsyncClient, query: str) -> None:
    start = int(_START.timestamp())
    asked = {"query": query, "start": start, "end": start + 86_399, "step": 300}
    response = await client.get(f"/prometheus/api/v1/query_range?{urlencode(asked)}")
    assert response.status_code == 200, response.text


async def _read(mongo: Mongo, devices: int) -> None:
    ids = [_device(number) for number in range(devices)]
    span = (_START, _START + timedelta(days=1))
    found = samples.hours(mongo.database, (ids, ["temperature_c"]), span, 60, ["average"])
    assert sum([len(hour["windows"]["slot"]) async for hour in found]) == devices * _WINDOWS


async def _fill(mongo: Mongo, devices: int) -> None:
    await mongo.database[DEVICES].insert_many([{"_id": _device(n)} for n in range(devices)])
    for number in range(devices):
        windows = [
            _window(
                _device(number), _START + timedelta(minutes=minute), 20 + (number + minute) % 97 / 8
            )
            for minute in range(_WINDOWS)
        ]
        await mongo.database[VIEWS].insert_many(windows, ordered=False)
        await mongo.database[HOURS].insert_many(_hours(windows), ordered=False)
    made = {"_id": "refresh/60s/hours", "position": _START + timedelta(days=1)}
    await mongo.database[REFRESH].insert_one(made)


def _hours(windows: Sequence[Document]) -> list[Document]:
    by_hour = groupby(windows, key_of)
    hours = [with_views(key, 60, None, some) for key, some in by_hour]
    return [hour for hour in hours if hour is not None]


def _device(number: int) -> str:
    return f"device-{number:04}"


def _window(device_id: str, start: datetime, value: float) -> dict[str, object]:
    return {
        "_id": f"{device_id}/temperature_c/60s/{rfc3339(start)}",
        "device_id": device_id,
        "sensor_type": "temperature_c",
        "timestamp": start,
        "window_seconds": 60,
        **dict.fromkeys(("min", "max", "average", "p50", "p95"), value),
        "count": 6,
        "sum": 6 * value,
    }
