"""What a rule sees of stored readings: samples, in the one order in which they are folded.

Times are cut to milliseconds, as BSON dates are, so the order by event time and id is that of the
readings' ids, and a reading that just came is folded as the same reading read from the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Rule
from shared.readings.reading import HUMIDITY, TEMPERATURE, Reading

Position = tuple[datetime, str]
_NAMED = frozenset({TEMPERATURE, HUMIDITY})


class Sample(NamedTuple):
    """One value at one time, of one reading.

    `ts` is the event time, for `offline` rules the time of receipt; aware UTC, whole milliseconds.
    """

    ts: datetime
    reading_id: str
    value: float


def samples_of(
    history: RuleHistory, documents: Iterable[Mapping[str, Any]]
) -> Iterator[Sample] | Sequence[Sample]:
    """Return what the rule sees of these documents of telemetry_raw, which come ordered by `_id`.

    Offline rules see the times of receipt, so theirs are collected and sorted.
    """
    rules = [rule for _, rule in history.steps if rule is not None]
    if any(rule.kind == "offline" for rule in rules):
        return in_order(_of_changing_rule(history, documents))
    sensors = {rule.sensor for rule in rules}
    if len(sensors) > 1:
        return _of_changing_rule(history, documents)
    return _of_sensor(sensors.pop(), documents) if sensors else ()


def samples_of_reading(
    history: RuleHistory, reading: Reading, received_at: datetime
) -> Sequence[Sample]:
    """Return what the rule sees of a reading that is on its way: the same as of its document."""
    document: dict[str, Any] = {
        "_id": reading.reading_id,
        "ts": reading.ts,
        "received_at": received_at,
        "measurements": reading.values(),
    }
    document.update((name, document["measurements"].get(name)) for name in _NAMED)
    return tuple(samples_of(history, [document]))


def in_order(samples: Iterable[Sample]) -> Sequence[Sample]:
    """Return each sample once, by time and reading."""
    return sorted(set(samples))


def _of_sensor(sensor: str | None, documents: Iterable[Mapping[str, Any]]) -> Iterator[Sample]:
    if sensor in _NAMED:
        for document in documents:
            value = document.get(sensor)
            if value is not None:
                yield Sample(_cut(document["ts"]), document["_id"], value)
        return
    for document in documents:
        value = document.get("measurements", _NO_VALUES).get(sensor)
        if value is not None:
            yield Sample(_cut(document["ts"]), document["_id"], value)


def _of_changing_rule(
    history: RuleHistory, documents: Iterable[Mapping[str, Any]]
) -> Iterator[Sample]:
    for document in documents:
        rule = history.at(document["ts"])
        if rule is not None and rule.kind != "offline":
            yield from _of_sensor(rule.sensor, [document])
        received_at = _cut(document["received_at"])
        if _is_offline(history.at(received_at)):
            yield Sample(received_at, document["_id"], 0.0)


def _is_offline(rule: Rule | None) -> bool:
    return rule is not None and rule.kind == "offline"


def _cut(moment: datetime) -> datetime:
    microsecond = moment.microsecond
    excess = microsecond % 1000
    return moment.replace(microsecond=microsecond - excess) if excess else moment


_NO_VALUES: Mapping[str, float] = {}
