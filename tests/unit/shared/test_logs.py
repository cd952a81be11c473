"""How a process tells what it does."""

import json
import logging
import sys
from datetime import UTC, datetime

from shared.logs import JsonLines


def line(record: logging.LogRecord) -> dict[str, object]:
    written = JsonLines().format(record)
    assert "\n" not in written
    return dict(json.loads(written))


def test_an_event_is_one_json_line_with_its_fields() -> None:
    record = logging.makeLogRecord({"msg": "kept %d", "args": (3,), "event_id": "a\nb"})

    written = line(record)

    assert (written["message"], written["event_id"]) == ("kept 3", "a\nb")
    assert datetime.fromisoformat(str(written["time"])).tzinfo == UTC


def test_a_failure_is_told_with_its_trace() -> None:
    try:
        int("why")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})

    assert "ValueError: invalid literal" in str(line(record)["error"])


def test_what_json_cannot_hold_is_told_as_text() -> None:
    record = logging.makeLogRecord({"msg": "x", "at": datetime(2026, 1, 31, tzinfo=UTC)})

    assert line(record)["at"] == "2026-01-31 00:00:00+00:00"
