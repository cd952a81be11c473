"""Which readings and which faults are in a posted body."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.ingest.faults import Fault
from functions.ingest.request_body import (
    MalformedBody,
    OversizedBatch,
    Posting,
    json_content,
    posting_of,
)
from tests.support.readings import NOW, posted

FLOOR = datetime(2026, 1, 1, tzinfo=UTC)


def read(body: bytes, key: str | None = None) -> Posting:
    return posting_of(json_content(body), NOW, key, lambda: "n0")


def read_one(**changes: object) -> Posting:
    return read(json.dumps(posted(**changes)).encode())


def refusal(body: bytes) -> Fault:
    """Return the one fault of the one item that is refused."""
    posting = read(body)
    assert posting.accepted == []
    return fault_of(posting)


def fault_of(posting: Posting) -> Fault:
    ((fault,),) = (item.faults for item in posting.refused)
    return fault


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
        ({"ts": True}, "ts", "invalid_ts"),
        ({"ts": [1769860740]}, "ts", "invalid_ts"),
        ({"ts": math.inf}, "ts", "invalid_ts"),
        ({"ts": 10**400}, "ts", "invalid_ts"),
        ({"ts": "2" * 65}, "ts", "invalid_ts"),
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
    fault = fault_of(read_one(**changes))

    assert (fault.field, fault.reason) == (field, reason)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"device_id": "d d"}, "must be 1 to 128 letters, digits and . _ : -"),
        ({"measurements": {"a.b": 1}}, "a sensor's name is a letter and up to 63 further"),
        ({"measurements": [1]}, "must be an object of sensor names and numbers"),
        ({"temperature_c": math.nan}, "must be a finite number; of a sensor without a value, send"),
        ({"measurements": {f"p{i}": 1 for i in range(65)}}, "must have at most 64 entries"),
        ({"temperature_c": True}, "must be a number (not a string, true or false)"),
        ({"temperature_c": 10**400}, "must be between -1e+100 and 1e+100"),
        ({"temperature_c": 1e101}, "must be at most 1e+100"),
        ({"lat": -91}, "must be at least -90"),
        ({"lat": 91}, "must be at most 90"),
        ({"ts": "2" * 65}, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z"),
        ({"ts": True}, "must be an RFC 3339 time, or a number of seconds or smaller units since"),
        ({"temp": 1}, "is no field of a reading; sensors go in measurements"),
    ],
)
def test_a_refusal_is_said_in_words_for_the_owner_of_a_device(
    changes: dict[str, object], sentence: str
) -> None:
    assert fault_of(read_one(**changes)).detail.startswith(sentence)


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


NOT_SET = [
    "1970-01-01T00:00:12Z",  # Unix
    "1980-01-06T00:00:00Z",  # GPS
    "2000-01-01T00:00:12Z",  # many real-time clocks
    "2025-12-31T23:59:59.999999Z",
]


@pytest.mark.parametrize("ts", NOT_SET)
def test_the_time_of_a_clock_that_was_never_set_is_refused_with_what_to_do(ts: str) -> None:
    posting = posting_of(json_content(json.dumps(posted(ts=ts)).encode()), NOW, None, str, FLOOR)

    fault = fault_of(posting)

    assert (fault.field, fault.reason) == ("ts", "too_old_ts")
    assert "is before 2026-01-01T00:00:00.000Z" in fault.detail
    assert "leave ts out until it is set, and the time of receipt is taken" in fault.detail


def test_the_first_time_that_is_taken_is_the_setting_s() -> None:
    body = json.dumps(posted(ts="2026-01-01T00:00:00Z")).encode()

    assert posting_of(json_content(body), NOW, None, str, FLOOR).refused == []


def test_all_faults_of_a_reading_are_told_at_once() -> None:
    bad = {
        "device_id": "no spaces",
        "ts": "yesterday",
        "id": "~",
        "temperature_c": "warm",
        "lat": 91,
        "measurements": {"humidity": 1, "a.b": 2, "p": "1"},
        "temp": 1,
    }

    faults = read(json.dumps(bad).encode()).refused[0].faults

    assert [fault.field for fault in faults] == [
        *("device_id", "id", "temperature_c", "lat", "measurements.a.b", "measurements.p"),
        *("ts", "measurements.humidity", "temp"),
    ]


def test_of_very_many_faults_the_first_20_are_told() -> None:
    bad = {f"x{number}": number for number in range(100)}

    assert len(read(json.dumps(bad).encode()).refused[0].faults) == 20


@pytest.mark.parametrize(
    "nulls",
    [
        {"measurements": {"t1": 1, "t2": None}},
        {"measurements": {"t1": 1, "t2": None, "no name": None}},
        {"temperature_c": None, "measurements": {"t1": 1}},
        {"measurements": {"t1": 1}, "lat": None, "lon": None, "id": None, "unknown": None},
    ],
)
def test_null_counts_as_absent_wherever_it_stands(nulls: dict[str, Any]) -> None:
    """A sensor without a value is sent as null; its neighbours are as good as ever."""
    whole = {"device_id": "d", "ts": "2026-01-31T11:59:00Z", "measurements": {"t1": 1}}

    with_nulls, without = (read(json.dumps(one).encode()) for one in (whole | nulls, whole))

    assert with_nulls == without


@pytest.mark.parametrize(
    ("nulls", "field", "reason"),
    [
        ({"temperature_c": None}, "temperature_c", "no_value"),
        ({"measurements": {"t1": None, "t2": None}}, "temperature_c", "no_value"),
        ({"temperature_c": 1, "device_id": None}, "device_id", "missing"),
    ],
)
def test_nulls_alone_are_no_reading(nulls: dict[str, Any], field: str, reason: str) -> None:
    fault = refusal(json.dumps({"device_id": "d"} | nulls).encode())

    assert (fault.field, fault.reason) == (field, reason)


@pytest.mark.parametrize("name", ["lat", "lon", "temperature_c"])
def test_a_negative_zero_is_zero_in_id_and_document(name: str) -> None:
    negative, positive = (read_one(**{name: zero}).accepted[0][1] for zero in (-0.0, 0.0))

    assert repr(negative) == repr(positive)


@pytest.mark.parametrize("ts", ["2026-01-31T11:59:00Z", None])
def test_a_key_is_no_part_of_a_reading_that_can_be_told_by_itself(ts: str | None) -> None:
    """A sender makes a new key for each attempt, or cuts its batch in another way."""
    item = posted(ts=ts, id=None if ts else "4711")

    keys = ("k1", "k2", None)
    readings = [read(json.dumps([item]).encode(), key).accepted[0][1] for key in keys]

    assert len({reading.dedup or reading.reading_id for reading in readings}) == 1


def test_a_batch_cut_in_another_way_gives_no_reading_twice() -> None:
    items = [posted(temperature_c=number) for number in range(6)]

    whole, rest = (read(json.dumps(cut).encode(), "k1") for cut in (items, items[3:]))

    assert [r.reading_id for _, r in rest.accepted] == [r.reading_id for _, r in whole.accepted[3:]]


HEAVY = {
    "unknown members": {f"k{number}": 1 for number in range(100_000)},
    "measurements": posted(measurements={f"k{number}": "" for number in range(100_000)}),
    "unknown members of each item": [{f"k{number}": 1 for number in range(40)}] * 2_500,
    "no readings": [1] * 5_000,
}


@pytest.mark.parametrize("content", HEAVY.values(), ids=HEAVY)
def test_no_body_holds_the_process(content: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 115,000 unknown members was an error, of 0.9 s in all: now a few are looked at."""
    made = 0

    def counting(field: str, reason: Any, detail: str) -> Fault:
        nonlocal made
        made += 1
        return Fault(field, reason, detail)

    monkeypatch.setattr("functions.ingest.faults.Fault", counting)

    posting = read(json.dumps(content).encode())

    assert made <= 20 * len(posting.refused)
    assert sum(len(item.faults) for item in posting.refused) == made
