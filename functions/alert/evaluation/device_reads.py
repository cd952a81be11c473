"""What a fold reads of one device: from what was read for many at once, or else page by page."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from functions.alert.store.alerts import AlertStore
from functions.alert.store.readings import Axis, ReadingPages
from shared.mongo.collections import Document


class DeviceReads:
    """The readings and alerts of one device.

    `readings` are all of the device's from `readings_from` of event time on, None where they were
    too many; `alerts` all that matter at `alerts_from` or later.
    """

    def __init__(
        self,
        device_id: str,
        pages: ReadingPages,
        store: AlertStore,
        readings: Sequence[Document] | None,
        readings_from: datetime,
        alerts: Sequence[Document],
        alerts_from: datetime,
    ) -> None:
        self.device_id = device_id
        self._pages = pages
        self._store = store
        self._readings = readings
        self._readings_from = readings_from
        self._alerts = alerts
        self._alerts_from = alerts_from

    async def alerts(self, start: datetime) -> Sequence[Document]:
        """Return all alerts that matter at `start` of event time or later, and maybe others."""
        if start < self._alerts_from:
            found = await self._store.of_devices({self.device_id: start})
            self._alerts, self._alerts_from = found[self.device_id], start
        return self._alerts

    async def after(self, start: datetime, axis: Axis) -> AsyncIterator[Sequence[Document]]:
        """Return the readings from `start` on, in the order of their samples, in pages."""
        if self._has(start, axis):
            assert self._readings is not None
            yield [reading for reading in self._readings if reading["ts"] >= start]
            return
        async for page in self._pages.after(self.device_id, start, axis):
            yield page

    async def some_before(self, end: datetime, axis: Axis) -> Sequence[Document]:
        """Return some of the last readings before `end`, the latest first; none if none is left."""
        if self._has(end, axis):
            assert self._readings is not None
            earlier = [reading for reading in self._readings if reading["ts"] < end]
            if earlier:
                return earlier[::-1]
        return await self._pages.some_before(self.device_id, end, axis)

    def _has(self, start: datetime, axis: Axis) -> bool:
        return axis == "ts" and self._readings is not None and start >= self._readings_from
