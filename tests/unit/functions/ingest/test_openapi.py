"""The description that ingest gives of itself is what it does."""

import json
from typing import Any

import pytest

from functions.ingest.dialects.registry import BY_MEDIA_TYPE, BY_PATH
from functions.ingest.request_body import MAX_BATCH
from shared.readings.reading import MAX_MAGNITUDE, MAX_MEASUREMENTS
from tests.support.ingest_device import Device


def described() -> dict[str, Any]:
    found: dict[str, Any] = Device().sends("GET", "/openapi.json", []).json()
    return found


DOCUMENT = described()
EXAMPLES = [
    (path, media_type, content["example"])
    for path, item in DOCUMENT["paths"].items()
    for media_type, content in item.get("post", {})
    .get("requestBody", {})
    .get("content", {})
    .items()
    if "example" in content
]


def test_it_is_for_reading_and_needs_no_credential() -> None:
    device = Device()

    head, posted = (device.sends(method, "/openapi.json", []) for method in ("HEAD", "POST"))

    assert (head.status, posted.status, posted.headers["allow"]) == (200, 405, "GET, HEAD")
    assert head.headers["content-type"] == "application/json"


def test_all_dialects_are_described() -> None:
    assert BY_PATH.keys() <= DOCUMENT["paths"].keys()
    posts = [DOCUMENT["paths"][path]["post"] for path in ("/", "/ingest")]
    media_types = {one for post in posts for one in post["requestBody"]["content"]}
    named = {BY_MEDIA_TYPE.get(one, one) for one in media_types}
    assert named == {"application/json", *BY_MEDIA_TYPE.values()}


@pytest.mark.parametrize(("path", "media_type", "example"), EXAMPLES)
def test_an_example_is_taken(path: str, media_type: str, example: Any) -> None:
    content = example.encode() if isinstance(example, str) else json.dumps(example).encode()
    device = Device()

    seen = device.sends("POST", path, [("content-type", media_type)], content)

    assert 200 <= seen.status < 300, seen.body
    assert device.queued[0]["device_id"] == "greenhouse-1"


def test_the_bounds_are_those_of_the_code() -> None:
    batch = DOCUMENT["paths"]["/ingest"]["post"]["requestBody"]["content"]["application/json"]
    reading = DOCUMENT["components"]["schemas"]["Reading"]["properties"]

    assert batch["schema"]["oneOf"][1]["maxItems"] == MAX_BATCH
    assert reading["measurements"]["maxProperties"] == MAX_MEASUREMENTS
    assert reading["humidity"]["maximum"] == MAX_MAGNITUDE


@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if path != "/health"])
def test_another_method_is_a_405_or_says_what_is_used(path: str) -> None:
    path = path.format(mapping="ttn", device_id="d")

    assert Device().sends("DELETE", path, []).status in (400, 405)
