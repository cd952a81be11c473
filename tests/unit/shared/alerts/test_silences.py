"""Which alerts a silence keeps notices of back, and when."""

from datetime import timedelta
from typing import Any

import pytest

from shared.alerts.silences import covers, is_in_force, silence_of
from tests.support.notices import NOON, alert

MINUTE = timedelta(minutes=1)


def silence(silence_id: str = "s1", minutes: int = 10, **matchers: str) -> dict[str, Any]:
    return {"_id": silence_id, "matchers": matchers, "from": NOON, "to": NOON + minutes * MINUTE}


@pytest.mark.parametrize(
    "matchers",
    [
        {"device_id": "greenhouse-1"},
        {"device_id": "greenhouse-*"},
        {"device_id": "*"},
        {"rule_id": "temperature_c_high"},
        {"severity": "warning", "sensor_type": "temperature_c"},
    ],
)
def test_an_alert_is_covered_where_every_matcher_holds(matchers: dict[str, str]) -> None:
    assert covers(matchers, alert())


@pytest.mark.parametrize(
    "matchers",
    [
        {},
        {"device_id": "greenhouse"},
        {"device_id": "greenhouse-2*"},
        {"rule_id": "temperature_*"},
        {"device_id": "greenhouse-1", "severity": "critical"},
        {"message": "temperature_c 55 °C is above the limit of 50 °C"},
    ],
)
def test_an_alert_is_not_covered_where_one_does_not(matchers: dict[str, str]) -> None:
    assert not covers(matchers, alert())


def test_an_alert_without_a_sensor_is_not_covered_by_a_silence_of_one() -> None:
    assert not covers({"sensor_type": "temperature_c"}, {"device_id": "d"})
    assert not covers({"device_id": "d*"}, {"device_id": None})


def test_a_silence_holds_from_its_begin_until_just_before_its_end() -> None:
    ten = silence()

    moments = [NOON - MINUTE, NOON, NOON + 9 * MINUTE, NOON + 10 * MINUTE]
    assert [is_in_force(ten, moment) for moment in moments] == [False, True, True, False]


def test_of_several_silences_the_one_that_ends_last_keeps_an_alert_back() -> None:
    silences = [silence("short", 5, device_id="*"), silence("long", 20, device_id="*")]

    found = silence_of([*silences, silence("other", 99, device_id="x")], alert(), NOON)

    assert found is silences[1]
    assert silence_of(silences, alert(), NOON + 30 * MINUTE) is None
