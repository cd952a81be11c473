"""Millions of stored readings: a refresh that starts in 1970, retention and a new index."""

import asyncio
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from tests.support.function_process import FunctionProcess
from tests.support.plain_http import NO_TLS
from tests.volume.deliveries import Deliveries
from tests.volume.figures import Figures
from tests.volume.history import START, store_history
from tests.volume.live_load import fleet_from_now, seen, speak
from tests.volume.processes import System, failed_refreshes, watched
from tests.volume.recompute import wrong_views
from tests.volume.sizes import Size
from tests.volume.waiting import Documents, horizon_of, seconds_until

pytestmark = [pytest.mark.database, pytest.mark.volume, pytest.mark.timeout(1800)]
NAME = "long history"
DEVICES = 1_000
PATIENCE_S = 900
RETENTION_DAYS = 3_650
LIVE_S = 3  # when all is settled
INDEXES = {"_id_", "device_id_1_ts_-1", "dedup_1", "raw_retention"}


def test_history_is_settled_and_indexes_come_while_the_system_serves(
    system: System, documents: Documents, size: Size, figures: Figures
) -> None:
    """With no state the refresh begins in 1970, as after a change of the window's width."""
    began = time.monotonic()
    stored = store_history(system.mongo_url, system.database, size.history_readings, DEVICES)
    figures.note(NAME, "readings stored", stored, "")
    figures.note(NAME, "storing them", time.monotonic() - began, "s")

    asyncio.run(_scenario(system, documents, size, figures, stored))

    assert figures.unmet(NAME) == []


async def _scenario(
    system: System, documents: Documents, size: Size, figures: Figures, stored: int
) -> None:
    last = START + timedelta(seconds=stored // DEVICES)
    began = time.monotonic()
    with ExitStack() as processes:
        start = partial(system.function, raw_retention_days=RETENTION_DAYS)
        aggregate = processes.enter_context(start("aggregate"))
        await seconds_until(lambda: is_ready(aggregate), 60)
        ready_s = time.monotonic() - began
        dashboard = processes.enter_context(start("dashboard"))
        fleet = fleet_from_now(size.live_devices, PATIENCE_S)
        async with (
            Deliveries([aggregate.url]) as deliveries,
            seen(system.mongo_url, system.database, fleet) as freshness,
            watched(aggregate.process.pid) as usage,
        ):
            enough = asyncio.Event()
            speaking = asyncio.create_task(speak(fleet, deliveries, enough))
            reading = asyncio.create_task(slowest_read(dashboard))
            building = asyncio.create_task(
                seconds_until(lambda: built(documents) >= INDEXES, PATIENCE_S)
            )
            settled_s = await seconds_until(lambda: is_past(documents, last), PATIENCE_S)
            settled_s = min(PATIENCE_S, settled_s + ready_s)
            built_s = await building + ready_s
            await asyncio.sleep(LIVE_S)
            enough.set()
            await speaking
            reading.cancel()
            read_s = max(_READS)
            failed = failed_refreshes(aggregate)
    patience = size.patience
    figures.at_most(NAME, "ready after", ready_s, "s", 10)
    figures.at_most(NAME, "indexes and retention there after", built_s, "s", PATIENCE_S - 1)
    figures.at_most(NAME, "history settled after", settled_s, "s", PATIENCE_S - 1)
    figures.note(NAME, "rate of the scan", stored / settled_s, "readings/s")
    figures.at_most(NAME, "age of a live view, p99", freshness.quantile(0.99), "s", 3 * patience)
    figures.note(NAME, "age of a live view, largest", freshness.worst_s, "s")
    figures.at_most(NAME, "slowest delivery of an event", deliveries.slowest_s, "s", 2 * patience)
    figures.at_most(NAME, "slowest read of the dashboard", read_s, "s", 2 * patience)
    figures.at_most(NAME, "memory of aggregate", usage.peak_mib, "MiB", 300)
    figures.note(NAME, "processor of aggregate", usage.cpu_s, "s")
    figures.note(NAME, "processor, a million readings", usage.cpu_s * 1e6 / stored, "s")
    figures.at_most(NAME, "failed refreshes", failed, "", 0)
    views, wrong = await asyncio.to_thread(
        wrong_views, system.mongo_url, system.database, 60, START, last
    )
    figures.note(NAME, "views compared", views, "")
    figures.at_most(NAME, "wrong views", len(wrong), "", 0)


_READS: list[float] = [0.0]


async def slowest_read(dashboard: FunctionProcess) -> None:
    """Read lists of the dashboard again and again; every one must be there."""
    async with httpx.AsyncClient(base_url=dashboard.url, timeout=20, verify=NO_TLS) as client:
        while True:
            for path in ("/stats", "/devices?limit=20", "/aggregates?limit=20"):
                began = time.monotonic()
                response = await client.get(path)
                assert response.status_code == 200, response.text
                _READS.append(time.monotonic() - began)
            await asyncio.sleep(0.5)


def is_ready(function: FunctionProcess) -> bool:
    return httpx.get(function.url + "/health/ready", timeout=20, verify=NO_TLS).status_code == 200


def is_past(documents: Documents, moment: datetime) -> bool:
    horizon = horizon_of(documents)
    return (
        horizon is not None
        and horizon >= moment
        and horizon > datetime.now(UTC) - timedelta(minutes=3)
    )


def built(documents: Documents) -> set[str]:
    """Return the names of the indexes of readings that are complete."""
    found: dict[str, Any] = documents.command(
        "listIndexes", "telemetry_raw", includeIndexBuildInfo=True
    )
    listed = found["cursor"]["firstBatch"]
    return {one["spec"]["name"] for one in listed if "indexBuildInfo" not in one}
