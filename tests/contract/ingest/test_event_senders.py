"""Events as the SDK makes them arrive through a web server."""

import json
from typing import Any

import httpx
import pytest
from cloudevents.conversion import to_binary, to_json, to_structured
from cloudevents.http import CloudEvent

from tests.support.ingest_server import IngestServer
from tests.support.plain_http import NO_TLS

ATTRIBUTES = {
    "type": "com.example.reading",
    "source": "https://example.com/gateways/ä 7",
    "id": "4711",
    "subject": "greenhouse-1",
    "time": "2026-01-31T11:59:00Z",
    "datacontenttype": "application/json",
}


def event(temperature_c: float) -> CloudEvent:
    return CloudEvent(ATTRIBUTES, {"temperature_c": temperature_c})


@pytest.mark.parametrize("convert", [to_binary, to_structured])
def test_an_event_of_the_sdk_is_stored(ingest: IngestServer, convert: Any) -> None:
    headers, body = convert(CloudEvent(ATTRIBUTES | {"source": "/gw/7"}, {"temperature_c": 21.5}))

    response = httpx.post(ingest.url, headers=headers, content=body, timeout=10, verify=NO_TLS)

    assert (response.status_code, response.content) == (202, b"")
    assert [(one["device_id"], one["temperature_c"]) for one in ingest.queued] == [
        ("greenhouse-1", 21.5)
    ]


def test_events_of_the_sdk_are_stored_in_a_batch(ingest: IngestServer) -> None:
    content = [json.loads(to_json(event(number))) for number in range(50)]
    headers = {"content-type": "application/cloudevents-batch+json"}

    response = httpx.post(ingest.url, headers=headers, json=content, timeout=10, verify=NO_TLS)

    assert (response.status_code, response.json()["accepted"]) == (202, 50)
    assert len(ingest.queued) == 50
