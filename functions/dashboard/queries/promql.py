"""What a query of PromQL needs of the database, within bounds; and what it comes to.

What is beyond a bound is told: as a warning where something is left out, else as an error.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.dashboard.dependencies import Store
from functions.dashboard.prometheus import catalogue
from functions.dashboard.prometheus.errors import undefined
from functions.dashboard.prometheus.evaluator import Steps, evaluate
from functions.dashboard.prometheus.labels import Labels, match_all
from functions.dashboard.prometheus.parser import parsed
from functions.dashboard.prometheus.request import Times
from functions.dashboard.prometheus.selection import (
    Collected,
    Need,
    Wanted,
    alert_labels,
    alert_samples,
    devices_that_match,
    milliseconds,
    needs_of,
    wanted_of,
)
from functions.dashboard.prometheus.syntax import Selector
from functions.dashboard.prometheus.values import Samples, Value
from functions.dashboard.queries import samples
from functions.dashboard.queries.bounded_queries import bounded
from shared.mongo.collections import Document
from shared.mongo.database import Database
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH

MAX_SERIES: Final = 1_000  # of one selector
MAX_WINDOWS: Final = 1_500_000  # of one query: a day of 1,000 devices by the minute
MAX_RESULT: Final = 1_000_000  # points of all series
OPERATION: Final = "query_windows"
_PICKED_AT_ONCE: Final = 20
_PATIENCE_S: Final = 5.0


@dataclass(slots=True)
class Warnings:
    """What was left out, each once, in the order in which it was found."""

    told: dict[str, None] = field(default_factory=dict)

    def tell(self, text: str) -> None:
        self.told[text] = None


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
    left = MAX_WINDOWS
    async with bounded(OPERATION):
        sensors = await samples.sensors(store.database)
        for need in needs:
            wanted = wanted_of(need.selector, sensors)
            read = await _windows_of(store, need, wanted, warnings, left)
            left -= sum(len(one.times) for one in read)
            alerts = await _alerts_of(store, need, warnings) if wanted.alerts else ()
            found[need.selector] = [*alerts, *read]
    return found


async def _windows_of(
    store: Store, need: Need, wanted: Wanted, warnings: Warnings, most: int
) -> Sequence[Samples]:
    if not wanted.metrics:
        return ()
    collected = Collected(wanted)
    most_devices = max(1, MAX_SERIES // len(wanted.metrics))
    device_ids = await _devices(store.database, need.selector, wanted, most_devices, warnings)
    span = (_moment(need.start), _moment(need.end))
    sources = (device_ids, collected.sensors)
    count = 0
    async for window in samples.windows(
        store.database, sources, span, store.window_seconds, collected.fields
    ):
        count += 1
        if count > most:
            raise undefined(f"the query would load more than {MAX_WINDOWS} windows")
        collected.add(window)
    return collected.samples()


async def _devices(
    database: Database, selector: Selector, wanted: Wanted, most: int, warnings: Warnings
) -> Sequence[str]:
    """Return the first devices that match."""
    found: list[str] = []
    after = ""
    while len(found) <= most:
        page = await samples.devices(database, wanted.device_id, after)
        found += devices_that_match(selector, page)
        if wanted.device_id is not None or not page:
            break
        after = page[-1]
    if len(found) > most:
        warnings.tell(f"only the first {most} devices are shown: narrow the selector")
    return found[:most]


async def _alerts_of(store: Store, need: Need, warnings: Warnings) -> Sequence[Samples]:
    alerts = await _alerts_in(store.database, need.start, need.end, warnings)
    now = milliseconds(datetime.now(UTC))
    return alert_samples(need.selector, alerts, need, store.window_seconds * 1_000, now)


async def _alerts_in(
    database: Database, start: int, end: int, warnings: Warnings
) -> Sequence[Document]:
    found = await samples.alerts(database, (_moment(start), _moment(end)))
    if len(found) == samples.MOST:
        warnings.tell(f"only the {samples.MOST} alerts that ended last are shown")
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
                device_ids = await _devices(database, selector, wanted, MAX_SERIES, warnings)
                found.update(await _series_of_devices(database, device_ids, wanted))
            if wanted.alerts:
                alerts = map(alert_labels, await _alerts_in(database, *span, warnings))
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


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(milliseconds=max(0, at))
