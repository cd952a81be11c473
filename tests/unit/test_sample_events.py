"""The sample events are what the system's own code makes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.request_body import json_content, posting_of
from local_dev.wire.structured_event import read_structured
from shared.readings.reading_event import records_of

RECEIVED = datetime(2026, 1, 31, 12, 1, 31, tzinfo=UTC)
EVENTS = Path(__file__).resolve().parents[1] / "events"


def sample(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


@pytest.mark.parametrize(
    ("posted", "event"),
    [("posted-reading.json", "reading.json"), ("posted-batch.json", "readings-batch.json")],
)
def test_a_sample_event_is_what_ingest_makes_of_the_sample_posted(posted: str, event: str) -> None:
    body = (EVENTS / posted).read_bytes()
    posting = posting_of(json_content(body), RECEIVED, None, lambda: "nonce")

    (record,) = records_of([reading for _, reading in posting.accepted], RECEIVED)

    attributes = {name: value for name, value in record.headers if name.startswith("ce_")}
    expected = sample(event)
    assert json.loads(record.value) == expected["data"]
    assert dict(record.headers)["content-type"] == expected["datacontenttype"].encode()
    assert attributes == {f"ce_{name[3:]}": expected[name[3:]].encode() for name in attributes}


@pytest.mark.parametrize("file", sorted(EVENTS.glob("[!p]*.json")), ids=lambda file: str(file.name))
def test_a_sample_event_can_be_read_as_an_event(file: Path) -> None:
    event = read_structured(file.read_bytes())

    assert event.attributes["id"]
    assert event.data
