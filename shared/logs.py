"""Logs: one JSON line an event, to standard error; a process sets it up at its start."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from shared.times import rfc3339

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """Writes a record as one line: time, level, message, then the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": rfc3339(datetime.fromtimestamp(round(record.created, 3), UTC)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update((k, v) for k, v in vars(record).items() if k not in _PLAIN)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def to_standard_error(level: str = "INFO") -> None:
    """Send every logger's lines there, in this form. Called once, at start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "pymongo"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
