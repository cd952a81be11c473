"""One back-test: device by device, both sets of rules over the same pages."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.alert.backtest.comparison import Pair, pairs_of
from functions.alert.backtest.device_timeline import DeviceTimeline
from functions.alert.backtest.report import Report
from shared.alerts.rules.history import RuleBook
from shared.mongo.collections import Document


class Readings(Protocol):
    """The readings of devices."""

    def devices(self) -> AsyncIterator[str]: ...

    def pages(
        self, device_id: str, start: datetime, end: datetime
    ) -> AsyncIterator[Sequence[Document]]: ...


@dataclass(frozen=True, slots=True)
class Backtest:
    """What is compared: the old rules and the new, over a span of event time.

    `clock`: time has passed to there, for both alike; whole milliseconds.
    """

    old: RuleBook
    new: RuleBook
    start: datetime
    end: datetime
    clock: datetime

    async def run(self, readings: Readings, devices: AsyncIterable[str], report: Report) -> None:
        """Add each device that has readings in the span to the report."""
        async for device_id in devices:
            old = DeviceTimeline(self.old.histories_for(device_id))
            new = DeviceTimeline(self.new.histories_for(device_id))
            count = 0
            async for page in readings.pages(device_id, self.start, self.end):
                count += len(page)
                old.add(page)
                new.add(page)
            if count:
                report.add(count, self._pairs(device_id, old, new))

    def _pairs(self, device_id: str, old: DeviceTimeline, new: DeviceTimeline) -> Sequence[Pair]:
        before, after = old.end(self.clock), new.end(self.clock)
        return [
            pair
            for rule_id in sorted(before.keys() | after.keys())
            for pair in pairs_of(
                device_id, rule_id, before.get(rule_id, ()), after.get(rule_id, ())
            )
        ]
