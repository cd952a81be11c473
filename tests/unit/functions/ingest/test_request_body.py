"""What did the device post?"""

import json

import pytest

from functions.ingest.request_body import (
    MalformedBody,
    OversizedBatch,
    Posting,
    Refused,
    posting_of,
)
from tests.support.readings import NOW, posted


def read(body: bytes, key: str | None = None) -> Posting:
    return posting_of(body, NOW, key, lambda: "n0")


def read_one(**changes: object) -> Posting:
    return read(json.dumps(posted(**changes)).encode())


def refusal(body: bytes) -> Refused:
    posting = read(body)
    assert posting.accepted == []
    return posting.refused[0]


def with_value(text: str) -> bytes:
    return b'{"device_id":"d","ts":"2026-01-31T11:59:00Z","temperature_c":' + text.encode() + b"}"


@pytest.mark.parametrize(
    "number",
    [
        *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e101", "-1.0000001e100"),
        *("1" + "0" * 101, "1" + "0" * 400, "-1" + "0" * 400),
        *("true", "false", '"21.5"', '""', '"NaN"', "[21.5]", "{}"),
    ],
)
def test_what_is_no_usable_number_is_refused_by_its_field(number: str) -> None:
    refused = refusal(with_value(number))

    assert (refused.field, refused.reason) == ("temperature_c", "invalid")
    assert refused.detail.startswith("must be ")


@pytest.mark.parametrize(
    ("number", "value"),
    [("0", 0.0), ("-0.0", 0.0), ("21", 21.0), ("1e100", 1e100), ("5e-324", 5e-324), ("1e-400", 0)],
)
def test_a_number_is_taken_as_the_double_it_is(number: str, value: float) -> None:
    reading = read(with_value(number)).accepted[0][1]

    assert str(reading.temperature_c) == str(float(value))


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"device_id": None}, "device_id", "missing"),
        ({"device_id": ""}, "device_id", "invalid"),
        ({"device_id": "d" * 129}, "device_id", "invalid"),
        ({"device_id": "d\n"}, "device_id", "invalid"),
        ({"device_id": "d d"}, "device_id", "invalid"),
        ({"device_id": "dé"}, "device_id", "invalid"),
        ({"device_id": 7}, "device_id", "invalid"),
        ({"id": ""}, "id", "invalid"),
        ({"id": "~4711"}, "id", "invalid"),
        ({"id": "4711\n"}, "id", "invalid"),
        ({"ts": 1769860740}, "ts", "invalid"),
        ({"ts": "2" * 65}, "ts", "invalid"),
        ({"ts": "yesterday"}, "ts", "invalid_ts"),
        ({"humidity": "55"}, "humidity", "invalid"),
        ({"lat": 90.0001}, "lat", "invalid"),
        ({"lat": -91}, "lat", "invalid"),
        ({"lon": 180.5}, "lon", "invalid"),
        ({"lon": True}, "lon", "invalid"),
        ({"temp": 1}, "temp", "unknown_field"),
        ({"reading_id": "0"}, "reading_id", "unknown_field"),
        ({"measurements": [1]}, "measurements", "invalid"),
        ({"measurements": 1}, "measurements", "invalid"),
        ({"measurements": {"": 1}}, "measurements.", "invalid"),
        ({"measurements": {"a.b": 1}}, "measurements.a.b", "invalid"),
        ({"measurements": {"$set": 1}}, "measurements.$set", "invalid"),
        ({"measurements": {"_id": 1}}, "measurements._id", "invalid"),
        ({"measurements": {"p\n": 1}}, "measurements.p\n", "invalid"),
        ({"measurements": {"p": "1"}}, "measurements.p", "invalid"),
        ({"measurements": {"p": False}}, "measurements.p", "invalid"),
        ({"measurements": {f"p{i}": 1 for i in range(65)}}, "measurements", "invalid"),
        ({"temperature_c": None}, "temperature_c", "no_value"),
    ],
)
def test_a_refusal_names_the_field_and_the_reason(
    changes: dict[str, object], field: str, reason: str
) -> None:
    posting = read_one(**changes)

    assert [(item.field, item.reason) for item in posting.refused] == [(field, reason)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"device_id": "d d"}, "must be 1 to 128 letters, digits and . _ : -"),
        ({"measurements": {"a.b": 1}}, "a sensor's name is a letter and up to 63 further"),
        ({"measurements": [1]}, "must be an object of sensor names and numbers"),
        ({"measurements": {f"p{i}": 1 for i in range(65)}}, "must have at most 64 entries"),
        ({"temperature_c": True}, "must be a number (not a string, true or false)"),
        ({"temperature_c": 10**400}, "must be between -1e+100 and 1e+100"),
        ({"temperature_c": 1e101}, "must be at most 1e+100"),
        ({"lat": -91}, "must be at least -90"),
        ({"lat": 91}, "must be at most 90"),
        ({"ts": "2" * 65}, "must have at most 64 characters"),
        ({"temp": 1}, "is no field of a reading; sensors go in measurements"),
    ],
)
def test_a_refusal_is_said_in_words_for_the_owner_of_a_device(
    changes: dict[str, object], sentence: str
) -> None:
    assert read_one(**changes).refused[0].detail.startswith(sentence)


@pytest.mark.parametrize("char", "azAZ09._:-")
def test_an_id_has_1_to_128_of_its_characters(char: str) -> None:
    posting = read(json.dumps([posted(device_id=char), posted(device_id=char * 128)]).encode())

    assert (len(posting.accepted), posting.refused) == (2, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"temperature=21.5",
        b"{'device_id': 'd'}",
        b'{"device_id":"d",}',
        b'{"device_id":"d"}{"device_id":"d"}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"device_id":"\xff"}',
        b'{"device_id":"\\ud800","temperature_c":1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        with_value("1" * 5_000),
        b"\x00",
    ],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody, match="the body is not JSON"):
        read(body)


@pytest.mark.parametrize("body", [b"5", b"null", b"true", b'"d"', b"1e3"])
def test_json_that_is_no_reading_is_refused(body: bytes) -> None:
    assert refusal(body).detail == "must be an object, the reading"


def test_an_empty_array_says_nothing_and_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="at least one reading"):
        read(b"[]")


def test_of_two_equal_keys_the_last_counts() -> None:
    """As RFC 8259 allows, and as most parsers do."""
    posting = read(b'{"device_id":"a","device_id":"b","temperature_c":1}')

    assert posting.accepted[0][1].device_id == "b"


def test_a_batch_may_have_5000_readings_and_not_one_more() -> None:
    body = json.dumps([posted()] * 5_000).encode()

    assert len(read(body).accepted) == 5_000
    with pytest.raises(OversizedBatch, match="5001 readings"):
        read(body[:-1] + b",5]")


def test_a_bad_item_takes_no_good_one_with_it() -> None:
    posting = read(
        json.dumps([posted(), 5, [], None, posted(temperature_c="x"), posted()]).encode()
    )

    assert [index for index, _ in posting.accepted] == [0, 5]
    assert [item.index for item in posting.refused] == [1, 2, 3, 4]


def test_a_batch_of_one_is_a_batch() -> None:
    assert read(json.dumps([posted()]).encode()).is_batch
    assert not read_one().is_batch


def test_the_key_of_a_request_counts_for_each_item_by_its_place() -> None:
    body = json.dumps([posted(ts=None), posted(ts=None)]).encode()

    first, again = read(body, "k-1"), read(body, "k-1")

    assert [reading.client_id for _, reading in first.accepted] == ["k-1:0", "k-1:1"]
    assert [r.dedup for _, r in first.accepted] == [r.dedup for _, r in again.accepted]


def test_the_longest_key_and_the_last_place_still_are_an_id() -> None:
    body = json.dumps([posted(ts=None)] * 5_000).encode()

    assert len(str(read(body, "k" * 120).accepted[-1][1].client_id)) <= 128


def test_a_long_name_of_a_field_is_cut_in_the_answer() -> None:
    assert len(refusal(json.dumps(posted(**{"x" * 5_000: 1})).encode()).field) == 100
