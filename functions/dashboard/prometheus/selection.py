"""Which series a query needs, and over which time; and what was read as samples of them; pure."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.dashboard.prometheus.catalogue import (
    ALERTS,
    FIELDS,
    is_wanted_device,
    labels_of,
    wanted_device,
    wanted_metrics,
    wants_alerts,
)
from functions.dashboard.prometheus.evaluator import Steps
from functions.dashboard.prometheus.labels import NAME, Labels, match_all
from functions.dashboard.prometheus.syntax import (
    Aggregate,
    Binary,
    Call,
    Expression,
    Negative,
    Range,
    Selector,
)
from functions.dashboard.prometheus.values import Samples

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """The samples of one selector: from when to when, both included; milliseconds."""

    selector: Selector
    start: int
    end: int


@dataclass(slots=True)
class Columns:
    """The samples of one series while they are read: 16 bytes each."""

    times: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))


def needs_of(expression: Expression, steps: Steps) -> Sequence[Need]:
    """Return what is to be read: for each selector the time of all that counts of it."""
    found: dict[Selector, Need] = {}
    for selector, before in _selectors(expression, steps.look_back):
        start = steps.times[0] - selector.offset - before
        end = steps.times[-1] - selector.offset
        there = found.get(selector)
        if there is not None:
            start, end = min(start, there.start), max(end, there.end)
        found[selector] = Need(selector, start, end)
    return list(found.values())


def _selectors(expression: Expression, look_back: int) -> Iterator[tuple[Selector, int]]:
    if isinstance(expression, Selector):
        yield expression, look_back
    elif isinstance(expression, Range):
        yield expression.selector, expression.range
    elif isinstance(expression, Call):
        for one in expression.arguments:
            yield from _selectors(one, look_back)
    elif isinstance(expression, Binary):
        yield from _selectors(expression.left, look_back)
        yield from _selectors(expression.right, look_back)
    elif isinstance(expression, Aggregate):
        yield from _selectors(expression.expression, look_back)
        if expression.parameter is not None:
            yield from _selectors(expression.parameter, look_back)
    elif isinstance(expression, Negative):
        yield from _selectors(expression.expression, look_back)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The metrics that a selector asks for, with sensor and suffix, and its device if it is one."""

    metrics: Sequence[tuple[str, str, str]]
    device_id: str | None
    alerts: bool


def wanted_of(selector: Selector, sensors: Sequence[str]) -> Wanted:
    """Return what can match."""
    return Wanted(
        wanted_metrics(selector.matchers, sensors),
        wanted_device(selector.matchers),
        wants_alerts(selector.matchers),
    )


def devices_that_match(selector: Selector, device_ids: Iterable[str]) -> Sequence[str]:
    """Return the devices whose series the selector takes."""
    return [one for one in device_ids if is_wanted_device(selector.matchers, one)]


class Collected:
    """The samples of a selector as its windows come, those of one series in order of time."""

    def __init__(self, wanted: Wanted) -> None:
        self._by_sensor: dict[str, list[tuple[str, str]]] = {}
        for name, sensor, suffix in wanted.metrics:
            self._by_sensor.setdefault(sensor, []).append((name, FIELDS[suffix]))
        self._found: dict[tuple[str, str], Columns] = {}

    @property
    def sensors(self) -> Sequence[str]:
        """The sensors to be read."""
        return list(self._by_sensor)

    @property
    def fields(self) -> frozenset[str]:
        """The fields to be read."""
        return frozenset(one for some in self._by_sensor.values() for _, one in some)

    def add(self, window: Document) -> None:
        """Take in a window."""
        device_id, at = window["device_id"], window["at"]
        for name, of in self._by_sensor[window["sensor_type"]]:
            columns = self._columns(name, device_id)
            columns.times.append(at)
            columns.values.append(window[of])

    def add_hour(self, hour: Document, width: int) -> int:
        """Take in the windows of an hour, of `width` milliseconds; return how many."""
        windows, at = hour["windows"], hour["at"]
        times = array("q", [at + slot * width for slot in windows["slot"]])
        for name, of in self._by_sensor[hour["sensor_type"]]:
            columns = self._columns(name, hour["device_id"])
            columns.times.extend(times)
            columns.values.extend(windows[of])
        return len(times)

    def samples(self) -> Sequence[Samples]:
        """Return the series in the order of their labels."""
        return [
            Samples(labels_of(name, device_id), columns.times, columns.values)
            for (name, device_id), columns in sorted(self._found.items())
        ]

    def _columns(self, name: str, device_id: str) -> Columns:
        columns = self._found.get((name, device_id))
        if columns is None:
            columns = self._found[name, device_id] = Columns()
        return columns


def alert_samples(
    selector: Selector, alerts: Iterable[Document], need: Need, every: int, now: int
) -> Sequence[Samples]:
    """Return ALERTS of these alerts: 1 at each window's begin while one fires, and as it begins."""
    found: dict[Labels, set[int]] = {}
    for alert in alerts:
        labels = alert_labels(alert)
        if match_all(selector.matchers, labels):
            found.setdefault(labels, set()).update(_times_of(alert, need, every, now))
    rows = ((labels, sorted(times)) for labels, times in sorted(found.items()) if times)
    return [Samples(labels, times, [1.0] * len(times)) for labels, times in rows]


def alert_labels(alert: Document) -> Labels:
    """Return the labels of an alert, by name."""
    labels = {
        NAME: ALERTS,
        "alertname": alert.get("rule_id") or alert["alert_type"],
        "alertstate": "firing",
        "device_id": alert["device_id"],
        "sensor": alert.get("sensor_type") or "",
        "severity": alert["severity"],
    }
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def _times_of(alert: Document, need: Need, every: int, now: int) -> Iterator[int]:
    fired = milliseconds(alert["fired"])
    ended = now if alert["ended"] is None else milliseconds(alert["ended"])
    end = min(ended - 1, need.end)
    if need.start <= fired <= end:
        yield fired
    first = max(fired, need.start)
    yield from range(first + -first % every, end + 1, every)


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return round(moment.timestamp() * 1e3)
