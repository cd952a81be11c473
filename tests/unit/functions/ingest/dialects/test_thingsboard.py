"""Telemetry as firmware for ThingsBoard posts it."""

from typing import Any

import pytest

from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device

PATH = "/api/v1/greenhouse-1/telemetry"
AT = 1769860740000


def posts(content: Any, device: Device | None = None, path: str = PATH) -> Seen:
    return (device or Device()).posts(content, path=path)


def stored(content: Any, path: str = PATH) -> list[dict[str, Any]]:
    device = Device()
    posts(content, device, path)
    return [{k: v for k, v in one.items() if k != "reading_id"} for one in device.queued]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"temperature": 21.5, "humidity": 40}, {"temperature_c": 21.5, "humidity": 40.0}),
        (
            {"ts": AT, "values": {"co2": "612", "door": True, "mode": "auto"}},
            {"ts": "2026-01-31T11:59:00Z", "measurements": {"co2": 612.0, "door": 1.0}},
        ),
        ({"ts": 5, "lux": 7}, {"measurements": {"ts": 5.0, "lux": 7.0}}),
    ],
)
def test_each_form_of_a_message_is_a_reading(content: Any, expected: dict[str, Any]) -> None:
    (one,) = stored(content)

    assert one["device_id"] == "greenhouse-1"
    assert {name: one[name] for name in expected} == expected


def test_an_array_is_a_reading_for_each_message() -> None:
    pair = [{"ts": AT, "values": {"t": 1}}, {"ts": AT + 1000, "values": {"t": 2}}]

    assert [one["ts"] for one in stored(pair)] == ["2026-01-31T11:59:00Z", "2026-01-31T11:59:01Z"]


def test_firmware_gets_a_status_and_no_body() -> None:
    seen = posts({"temperature": 21.5})

    assert (seen.status, seen.body) == (200, b"")


@pytest.mark.parametrize("content", [{"mode": "auto"}, [], [{"mode": "a"}, {"mode": "b"}]])
def test_messages_without_a_number_are_taken_and_nothing_is_stored(content: Any) -> None:
    device = Device()

    assert posts(content, device).status in (200, 400)
    assert device.queued == []


@pytest.mark.parametrize(
    "content",
    [
        5,
        ["x"],
        {"a b": 1, "a_b": 2},
        {"temperature": 1e400},
        {"ts": "yesterday", "values": {"t": 1}},
        b"{",
        b"",
    ],
)
def test_what_is_no_telemetry_is_a_400(content: Any) -> None:
    device = Device()

    assert posts(content, device).status == 400
    assert device.queued == []


def test_good_messages_are_stored_beside_bad_ones() -> None:
    device = Device()

    seen = posts([{"ts": AT, "values": {"t": 1}}, {"ts": "x", "values": {"t": 2}}], device)

    assert seen.status == 200
    assert len(device.queued) == 1


def test_a_name_with_too_many_letters_is_refused_by_its_name() -> None:
    seen = posts({"x" * 200: 1})

    assert seen.status == 400


def test_a_device_that_is_none_is_refused() -> None:
    assert posts({"t": 1}, path="/api/v1/a%20b/telemetry").status == 400


def test_another_method_is_told_what_is_taken() -> None:
    assert Device().sends("GET", PATH, []).status == 405
