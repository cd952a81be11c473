"""SenML packs as RFC 8428 describes them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.times import read_time
from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device
from tests.support.readings import NOW

SENML = ("content-type", "application/senml+json")
NOON = 1769860800  # 2026-01-31T12:00:00Z
URN = "urn:dev:ow:10e2073a01080063"


def posts(pack: Any, device: Device | None = None) -> Seen:

    body = pack if isinstance(pack, bytes) else json.dumps(pack).encode()
    return (device or Device()).sends("POST", "/ingest", [SENML], body)


def stored(pack: Any) -> list[dict[str, Any]]:
    device = Device()
    posts(pack, device)
    return [{k: v for k, v in one.items() if k != "reading_id"} for one in device.queued]


def test_a_record_with_a_urn_of_a_device_is_a_reading() -> None:
    (one,) = stored([{"n": URN, "u": "Cel", "v": 23.1, "t": NOON}])

    assert one == {"device_id": URN, "ts": "2026-01-31T12:00:00Z", "temperature_c": 23.1}


def test_records_of_one_device_and_time_are_one_reading() -> None:
    pack = [
        {"bn": f"{URN}:", "bt": NOON, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "t": -4, "v": 1.3},
        {"n": "temp", "u": "Cel", "v": 20},
        {"n": "hum", "u": "%RH", "v": 40},
        {"u": "lat", "v": 52.5},
        {"u": "lon", "v": 13.25},
    ]

    first, *others = sorted(stored(pack), key=lambda one: one["ts"], reverse=True)

    assert first == {
        "device_id": URN,
        "ts": "2026-01-31T12:00:00Z",
        "temperature_c": 20.0,
        "humidity": 40.0,
        "lat": 52.5,
        "lon": 13.25,
        "measurements": {"voltage": 120.1},
    }
    assert [one["measurements"] for one in others] == [{"current": 1.3}, {"current": 1.2}]


def test_a_value_that_comes_twice_for_one_time_is_two_readings() -> None:
    pack = [{"bn": "d:", "bt": NOON, "n": "x", "v": 1}, {"n": "x", "v": 2}, {"n": "y", "v": 3}]

    assert [one["measurements"] for one in stored(pack)] == [{"x": 1.0}, {"x": 2.0, "y": 3.0}]


def test_more_values_than_a_reading_holds_are_several() -> None:
    pack = [{"bn": "d:", "bt": NOON}, *({"n": f"s{n}", "v": n} for n in range(150))]

    found = stored(pack)

    assert sum(len(one["measurements"]) for one in found) == 150
    assert len(found) > 1


@pytest.mark.parametrize(("t", "seconds"), [(-60, 60), (-0.5, 0.5), (0, 0)])
def test_small_times_count_from_now_and_are_of_no_clock(t: float, seconds: float) -> None:
    (one,) = stored([{"n": "d/x", "v": 1, "t": t}])

    assert read_time(one["ts"]) == NOW - timedelta(seconds=seconds)
    assert one["ts_assigned"]


@pytest.mark.parametrize(
    ("name", "device", "sensor"),
    [
        ("freezer/temp_1", "freezer", "temp_1"),
        ("urn:dev:mac:0024befffe804ff1:door", "urn:dev:mac:0024befffe804ff1", "door"),
    ],
)
def test_a_name_without_a_base_name_is_divided(name: str, device: str, sensor: str) -> None:
    (one,) = stored([{"n": name, "v": 1, "t": NOON}])

    assert (one["device_id"], one["measurements"]) == (device, {sensor: 1.0})


def test_values_that_are_booleans_are_numbers_and_texts_are_left_out() -> None:
    pack = [{"bn": "d:", "bt": NOON, "n": "open", "vb": True}, {"n": "mode", "vs": "auto"}]

    assert [one["measurements"] for one in stored(pack)] == [{"open": 1.0}]


def test_sums_and_base_values_are_added_as_the_rfc_says() -> None:
    pack = [{"bn": "d:", "bt": NOON, "bv": 10, "n": "x", "v": 1}, {"n": "energy", "s": 5}]

    assert [one["measurements"] for one in stored(pack)] == [{"x": 11.0}]


def test_good_records_are_queued_beside_bad_ones_that_are_named() -> None:
    device = Device()

    seen = posts([{"bn": "d:", "bt": NOON, "n": "x", "v": 1}, {"n": "y", "v": "warm"}], device)

    assert seen.status == 207
    assert len(device.queued) == 1
    assert b"must be a finite number" in seen.body


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"v": 1}, b"names no device"),
        ({"n": "x", "v": 1}, b"names no device"),
        ({"n": 5, "v": 1}, b"must be text"),
        ({"n": "d/x", "vb": 1}, b"must be true or false"),
        ({"n": "d/x", "v": 1, "t": 2.0**40}, b"must be a time"),
        ({"n": "d/x", "v": 1e400}, b""),
    ],
)
def test_a_record_that_says_nothing_is_refused_with_its_field(
    record: dict[str, Any], told: bytes
) -> None:
    seen = posts([record])

    assert seen.status in (400, 422)
    assert told in seen.body


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        ({"n": "d/x", "v": 1}, b"an array of records"),
        ([5], b"an array of records"),
        ([], b"no record with a value"),
        ([{"bn": "d:"}], b"no record with a value"),
        ([{"bver": 11, "n": "d/x", "v": 1}], b"versions up to 10"),
        ([{"bver": "x", "n": "d/x", "v": 1}], b"versions up to 10"),
        ([{"n": "d/x", "v": 1, "odd_": 1}], b"must be understood"),
        (b"[", b""),
    ],
)
def test_what_is_no_pack_is_a_400(pack: Any, told: bytes) -> None:
    seen = posts(pack)

    assert seen.status == 400
    assert told in seen.body


def test_a_unit_without_a_name_names_the_sensor() -> None:
    (one,) = stored([{"n": URN, "u": "V", "v": 3, "t": NOON}])

    assert one["measurements"] == {"V": 3.0}
