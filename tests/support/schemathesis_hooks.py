"""What Schemathesis cannot write by itself; it is a process of its own, and imports this."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: Any, value: Any) -> bytes:
    """Return text as it is, and any other value as a line."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode() + b"\n"
