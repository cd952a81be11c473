"""What one selector of a query reads: windows of its devices and sensors, and alerts.

What is beyond a bound is told: as a warning where something is left out, else as an error.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.dashboard.dependencies import Store
from functions.dashboard.prometheus.errors import undefined
from functions.dashboard.prometheus.selection import (
    Collected,
    Need,
    Wanted,
    alert_samples,
    devices_that_match,
    milliseconds,
)
from functions.dashboard.prometheus.syntax import Selector
from functions.dashboard.prometheus.values import Samples
from functions.dashboard.queries import samples
from functions.dashboard.queries.lookups import hours_made_until
from shared.mongo.collections import Document
from shared.mongo.database import Database
from shared.readings.identity import EPOCH
from shared.readings.windows import hour_of

MAX_SERIES: Final = 1_000  # of one selector
MAX_WINDOWS: Final = 1_500_000  # of one query: a day of 1,000 devices by the minute
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(slots=True)
class Warnings:
    """What was left out, each once, in the order in which it was found."""

    told: dict[str, None] = field(default_factory=dict)

    def tell(self, text: str) -> None:
        self.told[text] = None


async def windows_of(
    store: Store, need: Need, wanted: Wanted, warnings: Warnings, most: int
) -> Sequence[Samples]:
    """Return the series of windows. Raise QueryError where these are more than `most`."""
    if not wanted.metrics:
        return ()
    collected = Collected(wanted)
    most_devices = max(1, MAX_SERIES // len(wanted.metrics))
    device_ids = await devices_of(store.database, need.selector, wanted, most_devices, warnings)
    sources = (device_ids, collected.sensors)
    left = most
    async for count in _read(store, need, sources, collected):
        left -= count
        if left < 0:
            raise undefined(f"the query would load more than {MAX_WINDOWS} windows")
    return collected.samples()


async def _read(
    store: Store, need: Need, sources: tuple[Sequence[str], Sequence[str]], collected: Collected
) -> AsyncIterator[int]:
    """Collect hours as far as these are made, then windows; yield how many windows each time.

    Those of the first hour before the need begins do no harm: no step looks back so far.
    """
    width, start, end = store.window_seconds, _moment(need.start), _moment(need.end)
    made = await hours_made_until(store.database, width)
    if hour_of(start) < made:
        span = (hour_of(start), min(made, end + _MILLISECOND))
        async for hour in samples.hours(store.database, sources, span, width, collected.fields):
            yield collected.add_hour(hour, width * 1_000)
    span = (max(start, made), end)
    async for window in samples.windows(store.database, sources, span, width, collected.fields):
        collected.add(window)
        yield 1


async def devices_of(
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


async def alerts_of(store: Store, need: Need, warnings: Warnings) -> Sequence[Samples]:
    """Return the series of alerts."""
    alerts = await alerts_in(store.database, need.start, need.end, warnings)
    now = milliseconds(datetime.now(UTC))
    return alert_samples(need.selector, alerts, need, store.window_seconds * 1_000, now)


async def alerts_in(
    database: Database, start: int, end: int, warnings: Warnings
) -> Sequence[Document]:
    """Return the alerts that fired between these times, in milliseconds; not more than some."""
    found = await samples.alerts(database, (_moment(start), _moment(end)))
    if len(found) == samples.MOST:
        warnings.tell(f"only the {samples.MOST} alerts that ended last are shown")
    return found


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(milliseconds=max(0, at))
