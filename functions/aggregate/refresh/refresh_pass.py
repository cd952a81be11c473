"""Which windows are folded again? One pass of the refresh.

A pass advances the database's clock by a write of its own (the lease), then reads, causally after
it: the horizon H, some late notes, the readings from H on. It writes each view that grew, only over
one of fewer readings; then it deletes the notes it read, and moves H to what is over by that clock.
In this order a crash anywhere leaves work to be done again, never work undone.
"""

from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from functions.aggregate.store.views import MAX_NOTES, DeviceFacts, LateNote, RefreshPass
from functions.aggregate.window_summary import ViewKey, fold, settled_until, window_start_of
from shared import metrics
from shared.mongo.collections import Document
from shared.readings.reading import HUMIDITY, TEMPERATURE
from shared.settings import AggregateSettings

_MAX_DEVICES: Final = 200_000


@dataclass(slots=True)
class Remembered:
    """What this process knows to be stored, so that it need not ask again. Safe to lose."""

    counts: dict[ViewKey, int] = field(default_factory=dict)
    devices: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # first, id of latest

    def forget_before(self, horizon: datetime) -> None:
        """Forget the views of settled windows, and the devices when they are many."""
        self.counts = {k: n for k, n in self.counts.items() if k.window_start >= horizon}
        if len(self.devices) > _MAX_DEVICES:
            self.devices.clear()


@dataclass(slots=True)
class Window:
    """The readings of one window, as they come: values by device and sensor, the devices' edges.

    Shared with the audit.
    """

    start: datetime
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    latest: dict[str, Document] = field(default_factory=dict)

    def add(self, reading: Document) -> None:
        device_id = reading["device_id"]
        for sensor in (TEMPERATURE, HUMIDITY):
            if sensor in reading:
                self.values.setdefault((device_id, sensor), []).append(reading[sensor])
        for sensor, value in reading.get("measurements", {}).items():
            self.values.setdefault((device_id, sensor), []).append(value)
        self.first[device_id] = min(self.first.get(device_id, reading["ts"]), reading["ts"])
        latest = self.latest.get(device_id)
        if latest is None or latest["_id"] < reading["_id"]:
            self.latest[device_id] = reading


async def refresh(
    this: RefreshPass,
    settings: AggregateSettings,
    remembered: Remembered,
    wait_s: Callable[[], float],
) -> bool:
    """Make one pass; tell whether all is settled (no reading in an open window, no note left).

    `wait_s` says, at the end, how long until the next pass is due. Raises TemporaryError where the
    database fails: nothing is undone then, and the next pass does it again.
    """
    notes = await this.late_notes()
    width = settings.aggregate_window_seconds
    horizon = settled_until(this.clock, width, settings.aggregate_grace_seconds)
    is_quiet = await _fold_open(this, width, horizon, remembered)
    for start, device_ids in _settled_windows(notes, this.horizon):
        window = Window(start)
        await _read(window, this.readings_of(start, device_ids))
        await _write(this, window, width, remembered)
    await this.finish(notes, horizon, wait_s())
    remembered.forget_before(horizon)
    return is_quiet and len(notes) < MAX_NOTES


async def _fold_open(
    this: RefreshPass, width: int, horizon: datetime, remembered: Remembered
) -> bool:
    """Fold all windows from the stored horizon on; tell whether none of `horizon` or later has
    any.
    """
    window: Window | None = None
    async for batch in this.readings_from(this.horizon):
        for reading in batch:
            if window is None or reading["ts"] >= window.start + timedelta(seconds=width):
                if window is not None:
                    await _write(this, window, width, remembered)
                window = Window(window_start_of(reading["ts"], width))
            window.add(reading)
    if window is None:
        return True
    await _write(this, window, width, remembered)
    return window.start < horizon


async def _read(window: Window, readings: AsyncIterable[Sequence[Document]]) -> None:
    async for batch in readings:
        for reading in batch:
            window.add(reading)


async def _write(this: RefreshPass, window: Window, width: int, remembered: Remembered) -> None:
    """Write the window's views that grew, and what is new of its devices."""
    grown: dict[ViewKey, list[float]] = {}
    for (device_id, sensor), values in window.values.items():
        key = ViewKey(device_id, sensor, window.start, width)
        if len(values) > remembered.counts.get(key, 0):
            grown[key] = values
    unknown = [key.view_id for key in grown if key not in remembered.counts]
    stored = await this.stored_counts(unknown) if unknown else {}
    summaries = {
        key: fold(values)
        for key, values in grown.items()
        if len(values) > stored.get(key.view_id, 0)
    }
    if summaries:
        await this.write_views(summaries)
        metrics.views_written.inc(len(summaries))
    remembered.counts.update((key, len(values)) for key, values in grown.items())
    await _write_devices(this, window, remembered)


async def _write_devices(this: RefreshPass, window: Window, remembered: Remembered) -> None:
    wider = []
    for device_id, latest in window.latest.items():
        first = window.first[device_id]
        known = remembered.devices.get(device_id)
        if known is None or first < known[0] or latest["_id"] > known[1]:
            wider.append(DeviceFacts(device_id, first, latest))
    if not wider:
        return
    await this.write_devices(wider)
    for facts in wider:
        edges = (facts.first_ts, str(facts.latest["_id"]))
        known = remembered.devices.get(facts.device_id, edges)
        remembered.devices[facts.device_id] = (min(known[0], edges[0]), max(known[1], edges[1]))


def _settled_windows(
    notes: Sequence[LateNote], horizon: datetime
) -> Iterator[tuple[datetime, Sequence[str]]]:
    """Give each noted window below the horizon with all its noted devices, oldest first.

    Windows from the horizon on are folded whole in the same pass, after the notes were read.
    """
    devices: dict[datetime, set[str]] = {}
    for note in notes:
        for start, device_ids in note.windows:
            if start < horizon:
                devices.setdefault(start, set()).update(device_ids)
    return ((start, sorted(devices[start])) for start in sorted(devices))
