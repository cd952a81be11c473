"""Which requests ingest takes, by path, method, media type and size."""

import json

import pytest

from tests.support.ingest_device import JSON, Device
from tests.support.readings import posted


def test_a_body_that_was_cut_is_told_with_its_size() -> None:
    """A Content-Length that is too small cuts it."""
    body = json.dumps(posted()).encode()

    assert f"; it has {len(body) - 1} bytes" in Device().posts(body[:-1]).json()["detail"]


@pytest.mark.parametrize("path", ["/ingest", "/v1/ingest", "/", "/ingest/"])
def test_options_says_what_is_allowed(path: str) -> None:
    seen = Device().sends("OPTIONS", path, [])

    assert (seen.status, seen.headers, seen.body) == (204, {"allow": "OPTIONS, POST"}, b"")


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
        ([("content-type", "text/plain")], ("accept", "application/json, ")),
        ([("content-type", "application/x-www-form-urlencoded")], ("accept", "application/json, ")),
        ([("content-type", "application/jsonx")], ("accept", "application/json, ")),
        ([("content-type", "")], ("accept", "application/json, ")),
        ([JSON, ("content-encoding", "br")], ("accept-encoding", "gzip, deflate, zstd")),
    ],
)
def test_another_media_type_is_a_415_that_says_what_is_taken(
    headers: list[tuple[str, str]], remedy: tuple[str, str]
) -> None:
    seen = Device().sends("POST", "/ingest", headers, b"{}")

    assert seen.status == 415
    assert seen.headers[remedy[0]].startswith(remedy[1])


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
