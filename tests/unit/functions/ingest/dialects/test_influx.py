"""Which readings are in line protocol, and what their sender is told."""

import gzip
from typing import Any

import pytest

from shared import metrics
from tests.support.asgi_client import Seen
from tests.support.ingest_device import OPTIONS, Device

V1 = "/write?db=iot&precision=s&u=a&p=b"
V2 = "/api/v2/write?org=iot&bucket=iot&precision=s"
T = 1769860740
TS = "2026-01-31T11:59:00Z"
GOOD = f"weather,device_id=g-1 temperature_c=21.5 {T}"


def written(text: str | bytes, path: str = V2, device: Device | None = None) -> Seen:
    body = text.encode() if isinstance(text, str) else text
    headers = [("content-type", "text/plain; charset=utf-8"), ("authorization", "Token t")]
    return (device or Device()).sends("POST", path, headers, body)


def stored(text: str, path: str = V2) -> list[dict[str, Any]]:
    """Return what is queued of the lines, without ids."""
    device = Device()
    assert written(text, path, device).status == 204
    return [{k: v for k, v in one.items() if k != "reading_id"} for one in device.queued]


@pytest.mark.parametrize("path", [V1, V2])
def test_a_line_is_a_reading_and_a_204_without_a_body(path: str) -> None:
    device = Device()

    seen = written(GOOD, path, device)

    assert (seen.status, seen.body) == (204, b"")
    assert [one["device_id"] for one in device.queued] == ["g-1"]


TELEGRAF = f"cpu,cpu=cpu-total,host=web1 usage_idle=97.5,usage_user=1i {T}"
HOME_ASSISTANT = [
    (
        f'°C,domain=sensor,entity_id=living friendly_name_str="Living room",value=21.5 {T}',
        {"temperature_c": 21.5},
    ),
    (
        f'%,domain=sensor,entity_id=living device_class_str="humidity",value=40 {T}',
        {"humidity": 40.0},
    ),
    (
        f'%,domain=sensor,entity_id=living device_class_str="battery",value=90 {T}',
        {"measurements": {"battery_percent": 90.0}},
    ),
    (
        f"W,domain=sensor,entity_id=living value=1200,voltage=230.1 {T}",
        {"measurements": {"power_w": 1200.0, "voltage": 230.1}},
    ),
    (
        f'light.living,domain=light,entity_id=living state="on",value=1,brightness=180 {T}',
        {"measurements": {"brightness": 180.0, "value": 1.0}},
    ),
    (
        f"µA,domain=sensor,entity_id=living value=3 {T}",
        {"measurements": {"A_value": 3.0}},
    ),
]


def test_a_line_of_telegraf_has_its_host_for_a_device() -> None:
    assert stored(TELEGRAF) == [
        {
            "device_id": "web1",
            "ts": TS,
            "measurements": {"cpu_usage_idle": 97.5, "cpu_usage_user": 1.0},
        }
    ]


@pytest.mark.parametrize(("line", "values"), HOME_ASSISTANT)
def test_a_line_of_home_assistant_is_named_by_its_unit(line: str, values: dict[str, Any]) -> None:
    assert stored(line) == [{"device_id": "living", "ts": TS, **values}]


@pytest.mark.parametrize(
    ("line", "measurements"),
    [
        (f"readings,device=a co2-ppm=400 {T}", {"co2_ppm": 400.0}),
        (f"air,device=a co2-ppm=400 {T}", {"air_co2_ppm": 400.0}),
        (f"air\\ q.,device=a 5m=t {T}", {"air_q_5m": 1.0}),
        (f"readings,device=a 5m=f {T}", {"n5m": 0.0}),
    ],
)
def test_a_sensor_is_named_by_its_field_and_measurement(
    line: str, measurements: dict[str, float]
) -> None:
    assert stored(line) == [{"device_id": "a", "ts": TS, "measurements": measurements}]


def test_a_field_with_a_name_of_a_reading_is_that_field() -> None:
    (reading,) = stored(f"m,host=a temperature_c=1,humidity=2,lat=3,lon=4,x=5 {T}")

    assert (reading["temperature_c"], reading["humidity"]) == (1, 2)
    assert (reading["lat"], reading["lon"]) == (3, 4)
    assert reading["measurements"] == {"m_x": 5}


@pytest.mark.parametrize(
    ("tags", "device"),
    [
        ("host=h,device_id=d,entity_id=e,device=x", "d"),
        ("host=h,entity_id=e,device=x", "x"),
        ("host=h,entity_id=e", "e"),
    ],
)
def test_the_first_tag_of_the_setting_names_the_device(tags: str, device: str) -> None:
    assert stored(f"m,{tags} v=1 {T}")[0]["device_id"] == device


@pytest.mark.parametrize(
    ("path", "time"),
    [
        ("/api/v2/write", T * 10**9),
        ("/api/v2/write?precision=ns", T * 10**9 + 999),
        ("/write?precision=n", T * 10**9),
        ("/api/v2/write?precision=us", T * 10**6),
        ("/write?precision=u", T * 10**6),
        ("/write?precision=%C2%B5", T * 10**6),
        ("/write?precision=ms", T * 10**3),
        ("/write?precision=s", T),
        ("/write?precision=m", T // 60),
    ],
)
def test_the_precision_tells_the_unit_of_times(path: str, time: int) -> None:
    assert stored(f"m,host=a v=1 {time}", path)[0]["ts"] == TS


def test_hours_are_a_precision_of_version_1() -> None:
    assert stored(f"m,host=a v=1 {T // 3600}", "/write?precision=h")[0]["ts"] == (
        "2026-01-31T11:00:00Z"
    )


def test_a_line_without_a_time_gets_that_of_its_receipt() -> None:
    (reading,) = stored("m,host=a v=1")

    assert reading["ts_assigned"] is True


def test_the_same_line_again_is_the_same_reading() -> None:
    device = Device()

    written(f"{GOOD}\n{GOOD}", V2, device)

    assert len({one["reading_id"] for one in device.queued}) == 1


@pytest.mark.parametrize("path", [V1, V2])
def test_good_lines_are_stored_whatever_stands_beside_them_and_the_rest_is_counted(
    path: str,
) -> None:
    device = Device()
    before = metrics.readings_rejected.labels("malformed")._value.get()

    seen = written(f"{GOOD}\nno line\nm,host=a v=1 5\n", path, device)

    assert (seen.status, seen.body, len(device.queued)) == (204, b"", 1)
    assert metrics.readings_rejected.labels("malformed")._value.get() == before + 1


BAD = [
    ("no line", "line 1: is no line of measurement, tags, fields and time: 'no line'"),
    (f"m v=1 {T}", "line 1: device_id is named by none of the tags device_id, device, "),
    (f"m,host=a\\ b v=1 {T}", "line 1: device_id must be 1 to 128 letters, digits and"),
    ("m,host=a v=1 5", "line 1: ts is before 2000-01-01"),
    ("m,host=a v=1 99999999999999999999", "line 1: ts must be a time of the calendar"),
    (f"m,host=a v=1e999 {T}", "line 1: measurements.m_v must be a finite number"),
    (f"m,host=a a-b=1,a+b=2 {T}", "line 1: m_a_b is the name of two values"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_lines_without_a_good_one_are_a_400_in_the_form_of_version_2(
    line: str, message: str
) -> None:
    seen = written(line)

    assert (seen.status, seen.headers["content-type"]) == (400, "application/json")
    assert seen.json()["code"] == "invalid"
    assert seen.json()["message"].startswith(f"nothing was stored of 1 lines; {message}")


@pytest.mark.parametrize(("line", "message"), BAD)
def test_lines_without_a_good_one_are_a_400_in_the_form_of_version_1(
    line: str, message: str
) -> None:
    seen = written(line, V1)

    assert seen.status == 400
    assert seen.json()["error"].startswith(f"partial write: {message}")
    assert seen.json()["error"].endswith(" dropped=1")


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("body", [b"", b"\n", b"# nothing\n"])
def test_no_line_is_how_clients_try_the_connection(path: str, body: bytes) -> None:
    assert written(body, path).status == 204


def test_a_line_of_text_alone_is_no_reading_and_no_failure() -> None:
    device = Device()
    before = metrics.readings_rejected.labels("unsupported")._value.get()

    seen = written(f'lock.door,domain=lock,entity_id=door state="locked" {T}', V2, device)

    assert (seen.status, device.queued) == (204, [])
    assert metrics.readings_rejected.labels("unsupported")._value.get() == before + 1


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/v2/write?precision=week", {"code": "invalid"}),
        ("/write?precision=week", {"error": "precision is one of ns, us, ms, s, m and h"}),
    ],
)
def test_an_unknown_precision_is_a_400(path: str, error: dict[str, str]) -> None:
    seen = written(GOOD, path)

    assert seen.status == 400
    assert {k: v for k, v in seen.json().items() if error.get(k, "?") in v} != {}


@pytest.mark.parametrize(("path", "member"), [(V1, "error"), (V2, "message")])
def test_without_the_broker_a_writer_is_told_to_try_again(path: str, member: str) -> None:
    device = Device()
    device.broker.broker_is_away = True

    seen = written(GOOD, path, device)

    assert (seen.status, seen.headers["retry-after"]) == (503, "2")
    assert "Kafka did not acknowledge" in seen.json()[member]


@pytest.mark.parametrize("body", [f"{GOOD}\n" * 5_001, "\n" * 20_001])
def test_too_many_lines_are_a_413(body: str) -> None:
    seen = written(body)

    assert (seen.status, seen.json()["code"]) == (413, "request too large")


def test_a_body_may_be_compressed() -> None:
    device = Device()

    seen = device.sends("POST", V2, [("content-encoding", "gzip")], gzip.compress(GOOD.encode()))

    assert (seen.status, len(device.queued)) == (204, 1)


def test_a_coding_that_is_not_read_is_told_in_the_form_of_influx() -> None:
    seen = Device().sends("POST", V2, [("content-encoding", "br")], b"x")

    assert (seen.status, seen.json()["code"]) == (415, "invalid")


@pytest.mark.parametrize("path", [V1, V2])
def test_writes_come_by_post(path: str) -> None:
    assert Device().sends("GET", path, []).status == 405
    assert Device().sends("OPTIONS", path, []).status == 204


def test_bytes_that_are_no_text_spoil_what_they_stand_in() -> None:
    device = Device()

    seen = written(b'm,host=a s="\xff",v=1 %d\nm,host=\xff v=1 %d' % (T, T), V2, device)

    assert (seen.status, len(device.queued)) == (204, 1)


def test_other_tags_and_measurements_are_those_of_the_options() -> None:
    assert OPTIONS.device_tags == ("device_id", "device", "entity_id", "host")
    assert "mqtt_consumer" in OPTIONS.plain_measurements
