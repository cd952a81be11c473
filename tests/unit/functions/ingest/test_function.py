"""What a device reads in a response: the function on a broker that is played."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.function import IngestFunction
from shared import metrics
from shared.serving.application import FunctionApplication
from shared.serving.whole_request import http_application
from tests.support.asgi_client import Seen, ask
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW, POSTED, QUICK, posted

JSON = ("content-type", "application/json")
BAD = {"temperature_c": "warm"}


class Device:
    """Posts to an ingest function of its own."""

    def __init__(self) -> None:
        self.broker = FakePublisher()
        function = IngestFunction(self.broker, "telemetry.raw", lambda: NOW, lambda: "n0")
        self._application = FunctionApplication(function, http_application(function))

    def posts(self, content: Any, *headers: tuple[str, str], path: str = "/ingest") -> Seen:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.sends("POST", path, [JSON, *headers], body)

    def sends(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Seen:
        return ask(self._application, method, path, headers, [body])

    @property
    def queued(self) -> list[dict[str, Any]]:
        return [one for _, record in self.broker.published for one in json.loads(record.value)]


def test_a_good_reading_is_queued_and_gets_its_id() -> None:
    device = Device()

    seen = device.posts(posted())

    reading_id = device.queued[0]["reading_id"]
    assert seen.status == 202
    assert seen.headers["content-type"] == "application/json"
    assert seen.json() == {
        "status": "queued",
        "device_id": "greenhouse-1",
        "reading_id": reading_id,
        "ts": "2026-01-31T11:59:00.000Z",
        "retry_recognised": True,
    }


@pytest.mark.parametrize("path", ["/ingest", "/v1/ingest", "/", "/ingest/", "/v1/ingest/"])
def test_a_reading_may_come_by_each_of_the_paths(path: str) -> None:
    assert Device().posts(posted(), path=path).status == 202


def test_a_reading_goes_to_the_topic_of_the_settings() -> None:
    device = Device()

    device.posts(posted())

    assert [topic for topic, _ in device.broker.published] == ["telemetry.raw"]


def test_a_bad_reading_is_a_422_naming_the_field() -> None:
    device = Device()

    seen = device.posts(posted(**BAD))

    assert (seen.status, seen.headers["content-type"]) == (422, "application/problem+json")
    assert seen.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "temperature_c: must be a number (not a string, true or false)",
        "field": "temperature_c",
        "errors": [
            {
                "index": 0,
                "field": "temperature_c",
                "reason": "invalid",
                "detail": "must be a number (not a string, true or false)",
            }
        ],
    }
    assert device.queued == []


def test_a_good_batch_is_a_202_with_an_id_for_each() -> None:
    seen = Device().posts([posted(), posted(device_id="greenhouse-2")])

    body = seen.json()
    assert (seen.status, body["status"], body["accepted"], body["rejected"]) == (
        202,
        "queued",
        2,
        0,
    )
    assert [(one["index"], one["device_id"]) for one in body["readings"]] == [
        (0, "greenhouse-1"),
        (1, "greenhouse-2"),
    ]
    assert "errors" not in body


def test_a_mixed_batch_is_a_207_with_an_entry_for_each_bad_item() -> None:
    device = Device()

    seen = device.posts([posted(**BAD), posted(), 5])

    body = seen.json()
    assert (seen.status, body["accepted"], body["rejected"]) == (207, 1, 2)
    assert [(one["index"], one["field"]) for one in body["errors"]] == [
        (0, "temperature_c"),
        (2, ""),
    ]
    assert [one["index"] for one in body["readings"]] == [1]
    assert len(device.queued) == 1


def test_a_batch_without_a_good_item_is_a_422_with_an_entry_for_each() -> None:
    seen = Device().posts([posted(**BAD), 5])

    assert (seen.status, len(seen.json()["errors"])) == (422, 2)
    assert seen.json()["detail"].startswith("nothing was queued; item 0: temperature_c: ")


@pytest.mark.parametrize(
    "prefer",
    [
        [("prefer", "handling=strict")],
        [("prefer", "Handling = Strict; foo=bar")],
        [("prefer", 'respond-async, handling="strict"')],
        [("prefer", "respond-async"), ("prefer", "handling=strict")],
    ],
)
def test_strict_handling_queues_nothing_of_a_mixed_batch(prefer: list[tuple[str, str]]) -> None:
    device = Device()

    seen = device.posts([posted(), posted(**BAD)], *prefer)

    assert (seen.status, device.queued) == (422, [])
    assert seen.json()["detail"].startswith("nothing was queued; item 1: ")


@pytest.mark.parametrize("prefer", ["handling=lenient", "return=minimal", "handling", ""])
def test_other_preferences_change_nothing(prefer: str) -> None:
    assert Device().posts([posted(), 5], ("prefer", prefer)).status == 207


def test_a_reading_with_many_faults_has_an_entry_for_each() -> None:
    seen = Device().posts(posted(temperature_c="warm", ts="yesterday", temp=1))

    body = seen.json()
    assert [one["field"] for one in body["errors"]] == ["temperature_c", "ts", "temp"]
    assert body["detail"].endswith(" (and 2 more, in errors)")


def test_of_many_bad_items_each_has_an_entry_and_all_have_5000() -> None:
    body = Device().posts([{f"x{number}": 1 for number in range(9)}] * 3_000).json()

    assert [one["index"] for one in body["errors"]] == list(range(3_000))


def test_a_bad_reading_is_counted_once_however_many_faults_it_has() -> None:
    before = metrics.readings_rejected.labels("invalid")._value.get()

    Device().posts(posted(temperature_c="warm", humidity="wet"))

    assert metrics.readings_rejected.labels("invalid")._value.get() == before + 1


def test_a_body_that_was_cut_is_told_with_its_size() -> None:
    """A Content-Length that is too small cuts it."""
    body = json.dumps(posted()).encode()

    assert f"; it has {len(body) - 1} bytes" in Device().posts(body[:-1]).json()["detail"]


@pytest.mark.parametrize("path", ["/ingest", "/v1/ingest", "/", "/ingest/"])
def test_options_says_what_is_allowed(path: str) -> None:
    seen = Device().sends("OPTIONS", path, [])

    assert (seen.status, seen.headers, seen.body) == (204, {"allow": "OPTIONS, POST"}, b"")


def test_a_topic_that_takes_less_than_a_record_is_no_success() -> None:
    device = Device()
    device.broker.refuses_as_too_large = True

    seen = device.posts(posted())

    assert (seen.status, device.queued) == (413, [])


def test_strict_handling_queues_a_good_batch() -> None:
    assert Device().posts([posted()], ("prefer", "handling=strict")).status == 202


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json ",
    ],
)
def test_json_is_taken(content_type: str) -> None:
    seen = Device().sends(
        "POST", "/ingest", [("content-type", content_type)], json.dumps(posted()).encode()
    )

    assert seen.status == 202


def test_a_body_without_a_media_type_is_taken_for_json() -> None:
    assert Device().sends("POST", "/ingest", [], json.dumps(posted()).encode()).status == 202


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        ([("content-type", "text/plain")], ("accept", "application/json")),
        ([("content-type", "application/x-www-form-urlencoded")], ("accept", "application/json")),
        ([("content-type", "application/jsonx")], ("accept", "application/json")),
        ([("content-type", "")], ("accept", "application/json")),
        ([JSON, ("content-encoding", "gzip")], ("accept-encoding", "identity")),
    ],
)
def test_another_media_type_is_a_415_that_says_what_is_taken(
    headers: list[tuple[str, str]], remedy: tuple[str, str]
) -> None:
    seen = Device().sends("POST", "/ingest", headers, b"{}")

    assert (seen.status, seen.headers[remedy[0]]) == (415, remedy[1])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_is_a_400(body: bytes) -> None:
    seen = Device().posts(body)

    assert (seen.status, seen.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_another_method_is_a_405_with_the_one_that_is_allowed(method: str) -> None:
    seen = Device().sends(method, "/ingest", [])

    assert (seen.status, seen.headers["allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize("path", ["/ingest//", "/telemetry", "/healthy", "//ingest"])
def test_another_path_is_a_404_that_says_where_to(path: str) -> None:
    seen = Device().posts(posted(), path=path)

    assert (seen.status, seen.json()["detail"]) == (404, "readings are posted to /ingest")


def test_5001_readings_are_a_413() -> None:
    seen = Device().posts([5] * 5_001)

    assert (seen.status, seen.json()["detail"]) == (
        413,
        "5001 readings; a batch may have at most 5000",
    )


def test_a_body_beyond_1_mib_is_a_413() -> None:
    assert Device().posts(b" " * 1_048_577).status == 413
    assert Device().posts(json.dumps(posted()).encode().ljust(1_048_576)).status == 202


def test_without_the_broker_there_is_no_false_success() -> None:
    device = Device()
    device.broker.broker_is_away = True

    seen = device.posts(posted())

    assert (seen.status, seen.headers["retry-after"]) == (503, "2")
    assert seen.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["k-1", '"k-1"', " k-1 ", "k" * 120])
def test_a_request_with_a_key_can_be_sent_again(key: str) -> None:
    device = Device()

    seen = device.posts(posted(ts=None), ("idempotency-key", key))

    assert seen.json()["retry_recognised"]
    assert device.queued[0]["client_id"] == key.strip().strip('"')


@pytest.mark.parametrize("key", ["", "k 1", "k" * 121, "~k", "ké", '""', "k\t1"])
def test_a_key_that_is_none_is_a_400_naming_the_header(key: str) -> None:
    seen = Device().posts(posted(), ("idempotency-key", key))

    assert (seen.status, seen.json()["field"]) == (400, "Idempotency-Key")


def test_a_request_without_time_and_key_is_told_that_a_retry_is_not_recognised() -> None:
    assert not Device().posts(posted(ts=None)).json()["retry_recognised"]


def test_readings_are_counted_as_accepted_only_when_the_broker_has_them() -> None:
    device = Device()
    before = metrics.readings_accepted._value.get()

    device.posts([posted(), posted()])
    device.broker.broker_is_away = True
    device.posts(posted())

    assert metrics.readings_accepted._value.get() == before + 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [(posted(**BAD), "invalid"), (posted(x=1), "unknown_field"), (b"{", "malformed")],
)
def test_refusals_are_counted_by_reason(content: object, reason: str) -> None:
    before = metrics.readings_rejected.labels(reason)._value.get()

    Device().posts(content)

    assert metrics.readings_rejected.labels(reason)._value.get() == before + 1


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
ALMOST_READINGS = st.builds(
    lambda good, field, value: good | {field: value},
    POSTED,
    st.sampled_from(["device_id", "ts", "id", "temperature_c", "lat", "lon", "measurements", "x"]),
    JSON_VALUES,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.lists(POSTED | ALMOST_READINGS, max_size=5).map(lambda items: json.dumps(items).encode()),
    ALMOST_READINGS.map(lambda item: json.dumps(item).encode()),
)


@QUICK
@given(BODIES)
def test_no_body_whatsoever_is_a_fault_of_ours(body: bytes) -> None:
    seen = Device().posts(body)

    assert seen.status in {202, 207, 400, 422}
    assert is_well_formed(seen)


def is_well_formed(seen: Seen) -> bool:
    """A success tells of each reading; a failure is a problem that says its status and why."""
    body = seen.json()
    if seen.status < 300:
        return "readings" in body or len(body["reading_id"]) == 44
    is_problem = seen.headers["content-type"] == "application/problem+json"
    return is_problem and body["status"] == seen.status and bool(body["detail"])
