"""What a query of PromQL comes to, by what its selectors read; and which series there are."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from functions.dashboard.dependencies import Store
from functions.dashboard.prometheus import catalogue
from functions.dashboard.prometheus.errors import undefined
from functions.dashboard.prometheus.evaluator import Steps, evaluate
from functions.dashboard.prometheus.labels import Labels, match_all
from functions.dashboard.prometheus.parser import parsed
from functions.dashboard.prometheus.request import Times
from functions.dashboard.prometheus.selection import (
    Need,
    Wanted,
    alert_labels,
    needs_of,
    wanted_of,
)
from functions.dashboard.prometheus.syntax import Selector
from functions.dashboard.prometheus.values import Samples, Value
from functions.dashboard.queries import samples, selector_reads
from functions.dashboard.queries.bounded_queries import bounded
from functions.dashboard.queries.selector_reads import (
    Warnings,
    alerts_in,
    alerts_of,
    devices_of,
    windows_of,
)
from shared.mongo.database import Database
from shared.outcomes import TemporaryError

MAX_RESULT: Final = 1_000_000  # points of all series
OPERATION: Final = "query_windows"
_PICKED_AT_ONCE: Final = 20
_PATIENCE_S: Final = 5.0


async def value_of(store: Store, query: str, times: Times, warnings: Warnings) -> Value:
    """Return what a query comes to at these times.

    Raise QueryError where it is wrong, undefined, or of too much; TemporaryError where the database
    fails.
    """
    expression = parsed(query)
    width = store.window_seconds * 1_000
    # A gap of one window is a gap; a sample counts until the next one would.
    look_back = max(width, times.step if times.end > times.start else 0) - 1
    steps = Steps(times.steps, look_back)
    needs = needs_of(expression, steps)
    async with _a_turn(store.evaluations):
        found = await _samples_of(store, needs, warnings) if needs else {}
        rows = sum(map(len, found.values()))
        if rows * len(steps.times) > MAX_RESULT:
            raise undefined(f"{rows} series at {len(steps.times)} steps are too much for one query")
        return await asyncio.to_thread(evaluate, expression, steps, found)


@asynccontextmanager
async def _a_turn(evaluations: asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait until it is this query's turn: each holds its windows, 24 MB at most, and its result."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await evaluations.acquire()
    except TimeoutError:
        raise TemporaryError(OPERATION, "other queries are being evaluated; try again") from None
    try:
        yield
    finally:
        evaluations.release()


async def _samples_of(
    store: Store, needs: Iterable[Need], warnings: Warnings
) -> dict[Selector, Sequence[Samples]]:
    found: dict[Selector, Sequence[Samples]] = {}
    left = selector_reads.MAX_WINDOWS
    async with bounded(OPERATION):
        sensors = await samples.sensors(store.database)
        for need in needs:
            wanted = wanted_of(need.selector, sensors)
            read = await windows_of(store, need, wanted, warnings, left)
            left -= sum(len(one.times) for one in read)
            alerts = await alerts_of(store, need, warnings) if wanted.alerts else ()
            found[need.selector] = [*alerts, *read]
    return found


async def series_of(
    database: Database, selectors: Iterable[Selector], span: tuple[int, int], warnings: Warnings
) -> Sequence[Labels]:
    """Return the series that match, by what is kept of devices and sensors: no window is read.

    `span` (milliseconds) is that of alerts.
    """
    found: set[Labels] = set()
    async with bounded(OPERATION):
        sensors = await samples.sensors(database)
        for selector in selectors:
            wanted = wanted_of(selector, sensors)
            if wanted.metrics:
                device_ids = await devices_of(
                    database, selector, wanted, selector_reads.MAX_SERIES, warnings
                )
                found.update(await _series_of_devices(database, device_ids, wanted))
            if wanted.alerts:
                alerts = map(alert_labels, await alerts_in(database, *span, warnings))
                found.update(one for one in alerts if match_all(selector.matchers, one))
    return sorted(found)


async def _series_of_devices(
    database: Database, device_ids: Sequence[str], wanted: Wanted
) -> Sequence[Labels]:
    found: list[Labels] = []
    for at in range(0, len(device_ids), _PICKED_AT_ONCE):
        some = device_ids[at : at + _PICKED_AT_ONCE]
        sensors = await asyncio.gather(*(samples.sensors(database, one) for one in some))
        found += (
            catalogue.labels_of(name, device_id)
            for device_id, own in zip(some, map(set, sensors), strict=True)
            for name, sensor, _ in wanted.metrics
            if sensor in own
        )
    return found
