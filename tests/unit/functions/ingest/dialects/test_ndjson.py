"""Readings on lines of their own."""

import json

import pytest

from tests.support.asgi_client import Seen
from tests.support.ingest_device import BAD, Device
from tests.support.readings import posted

NDJSON = ("content-type", "application/x-ndjson")
GOOD = json.dumps(posted()).encode()


def sent(body: bytes, device: Device | None = None, *headers: tuple[str, str]) -> Seen:
    return (device or Device()).sends("POST", "/ingest", [NDJSON, *headers], body)


@pytest.mark.parametrize(
    "media_type",
    [
        *("application/x-ndjson", "application/ndjson", "application/jsonl"),
        *("application/x-jsonlines", "Application/NDJSON; charset=utf-8"),
    ],
)
def test_each_name_of_the_type_is_known(media_type: str) -> None:
    seen = Device().sends("POST", "/ingest", [("content-type", media_type)], GOOD)

    assert (seen.status, seen.json()["accepted"]) == (202, 1)


@pytest.mark.parametrize("body", [GOOD + b"\n" + GOOD, GOOD + b"\r\n\r\n \r\n" + GOOD + b"\r\n"])
def test_each_line_that_is_not_blank_is_a_reading(body: bytes) -> None:
    device = Device()

    seen = sent(body, device)

    assert (seen.status, len(device.queued)) == (202, 2)
    assert [one["index"] for one in seen.json()["readings"]] == [0, 1]


@pytest.mark.parametrize("bad", [b"{", b"[1", b"\xff", b"[" * 1_000, json.dumps(BAD).encode()])
def test_a_bad_line_takes_no_good_one_with_it(bad: bytes) -> None:
    device = Device()

    seen = sent(b"\n".join([GOOD, bad, GOOD]), device)

    assert (seen.status, len(device.queued)) == (207, 2)
    assert {one["index"] for one in seen.json()["errors"]} == {1}


def test_a_line_that_is_no_json_says_so() -> None:
    error = sent(GOOD + b"\n{").json()["errors"][0]

    assert error["reason"] == "malformed"
    assert error["detail"].startswith("the line is not JSON: ")


def test_lines_without_a_good_one_are_a_422() -> None:
    assert sent(b"{\n[]").status == 422


def test_a_line_that_is_an_array_is_no_reading() -> None:
    assert (
        sent(b"[" + GOOD + b"]").json()["errors"][0]["detail"] == "must be an object, the reading"
    )


@pytest.mark.parametrize("body", [b"", b"\n\n", b" \r\n"])
def test_no_line_is_a_400(body: bytes) -> None:
    assert sent(body).status == 400


@pytest.mark.parametrize("body", [b"1\n" * 5_001, b"\n" * 20_001, b"\r" * 20_001])
def test_too_many_lines_are_a_413(body: bytes) -> None:
    assert sent(body).status == 413


def test_strict_handling_counts_lines_too() -> None:
    device = Device()

    assert sent(GOOD + b"\n{", device, ("prefer", "handling=strict")).status == 422
    assert device.queued == []
