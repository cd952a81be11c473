"""What a rule sees of stored readings, and of those on their way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerts.rules.rule import Level
from shared.alerts.timeline.sample import Sample, in_order, samples_of, samples_of_reading
from shared.mongo.reading_store import Incoming, document_of
from tests.support.alert_examples import TOO_WARM, held, rule, seconds, versions
from tests.support.readings import NOW, accepted

RECEIVED = NOW + timedelta(seconds=5)
OFFLINE = rule(Level(name="warning"), kind="offline", sensor=None, timeout=seconds(10))
READING = accepted(ts="2026-01-31T11:59:00.123456Z", temperature_c=21.5, measurements={"lux": 7})
STORED = document_of(Incoming(READING, RECEIVED))


@pytest.mark.parametrize(
    ("sensor", "values"), [("temperature_c", [21.5]), ("lux", [7]), ("humidity", []), ("x", [])]
)
def test_a_rule_sees_the_values_of_its_sensor(sensor: str, values: list[float]) -> None:
    history = held(rule(TOO_WARM, sensor=sensor))

    assert [one.value for one in samples_of(history, [STORED])] == values


def test_a_document_without_measurements_has_none_of_them() -> None:
    bare = {name: value for name, value in STORED.items() if name != "measurements"}

    assert list(samples_of(held(rule(TOO_WARM, sensor="lux")), [bare])) == []


@pytest.mark.parametrize("said", [rule(TOO_WARM, sensor="temperature_c"), OFFLINE])
def test_a_reading_on_its_way_is_seen_as_it_will_be_stored(said: Any) -> None:
    from_database = {**STORED, "ts": _cut(STORED["ts"]), "received_at": _cut(RECEIVED)}

    on_its_way = samples_of_reading(held(said), READING, RECEIVED)

    assert on_its_way == tuple(samples_of(held(said), [from_database]))
    assert on_its_way[0].ts.microsecond % 1000 == 0


def test_a_rule_for_offline_devices_sees_receipts_in_their_order() -> None:
    early = {**STORED, "_id": "b", "received_at": NOW}

    found = samples_of(held(OFFLINE), [STORED, early])

    assert [(one.ts, one.value) for one in found] == [(_cut(NOW), 0.0), (_cut(RECEIVED), 0.0)]


def test_a_rule_whose_sensor_changes_sees_the_one_of_the_time() -> None:
    history = versions(
        (-1e9, rule(TOO_WARM, sensor="lux")), (0, rule(TOO_WARM, sensor="temperature_c"))
    )
    before = {**STORED, "ts": datetime(2026, 1, 30, tzinfo=UTC)}

    assert [one.value for one in samples_of(history, [before, STORED])] == [7, 21.5]


def test_a_rule_that_never_held_sees_nothing() -> None:
    assert list(samples_of(versions((0, None)), [STORED])) == []


def test_a_rule_of_receipts_that_becomes_one_of_a_sensor_sees_each_by_its_time() -> None:
    history = versions((-1e9, OFFLINE), (0, rule(TOO_WARM, sensor="lux")))
    before = {**STORED, "ts": datetime(2026, 1, 30, tzinfo=UTC)}
    received_before = {**STORED, "_id": "b", "received_at": datetime(2026, 1, 30, 1, tzinfo=UTC)}

    found = samples_of(history, [before, received_before])

    assert [one.value for one in found] == [0.0, 7]


def test_samples_are_in_order_by_time_then_id_and_each_there_once() -> None:
    one, two = Sample(NOW, "a", 1.0), Sample(NOW, "b", 0.0)

    assert in_order([two, one, two]) == [one, two]


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
