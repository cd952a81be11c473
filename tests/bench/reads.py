"""How long the dashboard's reads take as the stored history grows a thousandfold.

    local-dev/bench reads

Each size is a database of its own on one MongoDB, with a dashboard before it; a round asks each of
them in turn. The figure is the slowest hundredth of requests on one connection, its baseline the
same request of 10,000 readings. Lists have ten rows, a series fifteen minutes, whatever is stored.
"""

import asyncio
import statistics
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Final

from pymongo import MongoClient

from local_dev.paths import ROOT
from shared.mongo.collections import Document
from tests.bench.figures import Figure, median_ratio
from tests.bench.http_load import Load, get_bytes, load
from tests.bench.ingest import pin
from tests.bench.reads_history import (
    DEVICES_OF_ALL,
    OF_A_YEAR,
    SENSOR,
    device_name,
    store_history,
    store_year,
)
from tests.bench.real_servers import RealServers
from tests.support.function_process import FunctionProcess, deployed, running

NAME: Final = "reads"
SIZES: Final = (10_000, 1_000_000, 10_000_000)
_SECONDS: Final = 2.0
_MANY: Final = 16  # connections that ask at once
_QUARTER: Final = (
    f"/devices/{{}}/series?sensor={SENSOR}&from=2026-01-31T11:44:00Z&to=2026-01-31T11:59:00Z"
)
PATHS: Final = {
    "readings": "/telemetry?limit=10",
    "readings of a device": "/devices/{}/telemetry?limit=10",
    "windows": "/aggregated?limit=10",
    "windows of a device": "/devices/{}/aggregates?limit=10",
    "latest of devices": "/devices?limit=10",
    "series": _QUARTER,
    "stats": "/stats",
}
_YEAR: Final = (
    f"/devices/{OF_A_YEAR}/series?sensor={SENSOR}&from=2025-01-31T12:00:00Z&to=2026-01-31T12:00:00Z"
)


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return the slowest hundredth of each request at each size, and what else is asked for."""
    return measured(servers.mongo_url, servers.folder, rounds, SIZES, _SECONDS)


def measured(
    mongo_url: str, folder: Path, rounds: int, sizes: Sequence[int], seconds: float
) -> list[Figure]:
    """Measure histories of these sizes; the databases are gone afterwards."""
    with ExitStack() as stack:
        asked = {size: stack.enter_context(_dashboard(mongo_url, folder, size)) for size in sizes}
        year = stack.enter_context(_dashboard(mongo_url, folder, 0))
        one = {name: {size: list[Load]() for size in sizes} for name in PATHS}
        years, many = list[Load](), list[Load]()
        for _ in range(rounds):
            for name, path in PATHS.items():
                for size, dashboard in asked.items():
                    one[name][size].append(_asked(dashboard, path, 1, seconds))
            years.append(_asked(year, _YEAR, 1, seconds))
            many.append(_asked(asked[sizes[-1]], PATHS["readings"], _MANY, seconds))
    return [
        *(_slowest(name, size, loads) for name, loads in one.items() for size in sizes),
        Figure(
            case=NAME,
            name="a year of one sensor, median",
            value=statistics.median(load.p50_ms for load in years),
            unit="ms",
            note=f"525,600 windows by 8,760 hours; p99 {_median_p99(years):.0f} ms",
        ),
        Figure(
            case=NAME,
            name=f"lists of ten readings, {_MANY} connections",
            value=statistics.median(load.rate for load in many),
            unit="requests/s",
            note="the dashboard on one processor",
        ),
    ]


@contextmanager
def _dashboard(mongo_url: str, folder: Path, readings: int) -> Iterator[FunctionProcess]:
    """Store so many readings, or a year of one sensor for 0, and give a dashboard before them."""
    name = f"reads-{readings}-{uuid.uuid4().hex}"
    environment = {"MONGO_URL": mongo_url, "MONGO_DB": name}
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        try:
            if readings:
                store_history(client, name, readings)
            else:
                store_year(client, name)
            with running(deployed("dashboard"), ROOT, environment, folder / f"{name}.log") as made:
                yield made
        finally:
            client.drop_database(name)


def _asked(dashboard: FunctionProcess, path: str, connections: int, seconds: float) -> Load:
    pin(dashboard.process)
    asyncio.run(load(dashboard.port, _requests(path), connections, min(0.5, seconds)))
    found = asyncio.run(load(dashboard.port, _requests(path), connections, seconds))
    assert set(found.statuses) == {200}, f"{path}: {found.statuses}"
    return found


def _requests(path: str) -> Callable[[], bytes]:
    paths = {path.format(device_name(n)) for n in range(DEVICES_OF_ALL)}
    requests = cycle([get_bytes(one) for one in sorted(paths)])
    return lambda: next(requests)


def _slowest(name: str, size: int, loads: dict[int, list[Load]]) -> Figure:
    least, most = min(loads), max(loads)
    is_baseline = size == least
    times = [one.p99_ms for one in loads[size]]
    return Figure(
        case=NAME,
        name=f"{name}, {size:,} readings",
        value=statistics.median(times),
        unit="ms, p99",
        baseline=None if is_baseline else f"{least:,}",
        ratio=None if is_baseline else median_ratio(times, [one.p99_ms for one in loads[least]]),
        wanted=1.2 if size == most and not is_baseline else None,
        less_is_better=True,
        note=f"median {statistics.median(one.p50_ms for one in loads[size]):.2f} ms",
    )


def _median_p99(loads: Sequence[Load]) -> float:
    return statistics.median(one.p99_ms for one in loads)
