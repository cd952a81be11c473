"""The request that carries an event to a sink.

Binary mode as Vert.x writes it: no percent-encoding, Latin-1 on the wire, all else a '?'.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_dev.wire.cloud_event import Event

USER_AGENT = "Vert.x-WebClient/4.5"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a tab may stand in a header value
_NOT_LATIN = re.compile(r"[^\x00-\xff]")
_TRACE_PARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


class UnsendableEventError(ValueError):
    """An attribute has a control character: KafkaSource loses the event without a word."""


class TraceContext:
    """The trace id that requests carry at the moment they are written.

    One for each record of an ordered source; one for a whole unordered source, so that a
    record's trace leaks into requests of others, as it does in the real one.
    """

    __slots__ = ("_flags", "_trace_id")

    def __init__(self) -> None:
        self._trace_id: str | None = None
        self._flags = "00"

    def enter(self, traceparent: bytes | None) -> None:
        """Continue the trace of a record that has the Kafka header `traceparent`."""
        match = _TRACE_PARENT.fullmatch((traceparent or b"").decode("ascii", "replace"))
        if match:
            self._trace_id, self._flags = match.groups()

    def header(self) -> bytes:
        """Return the header line for a request that is written now, or nothing."""
        if self._trace_id is None:
            return b""
        span = secrets.token_hex(8)
        return f"traceparent: 00-{self._trace_id}-{span}-{self._flags}\r\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class EventRequest:
    """The header lines, but for host and length, and the body of a POST."""

    headers: bytes
    body: bytes
    trace: TraceContext


def event_request(event: Event, namespace: str, trace: TraceContext) -> EventRequest:
    """Return the request for `event`. Raise UnsendableEventError."""
    attributes = [*event.attributes.items(), *event.twins]
    lines = [f"ce-{name}: {value}" for name, value in attributes]
    if event.content_type is not None:
        lines.append(f"content-type: {event.content_type}")
    if _CONTROL.search("\t".join(lines)):
        raise UnsendableEventError(f"a control character in {_culprit(lines)!r}")
    lines += [f"Kn-Namespace: {namespace}", "Prefer: reply", f"User-Agent: {USER_AGENT}", ""]
    return EventRequest(_latin_1("\r\n".join(lines)), event.data, trace)


def _culprit(lines: list[str]) -> str:
    return next(line for line in lines if _CONTROL.search(line))


def _latin_1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return _NOT_LATIN.sub(_question_marks, text).encode("latin-1")


def _question_marks(match: re.Match[str]) -> str:
    return "??" if ord(match[0]) > 0xFFFF else "?"  # noqa: PLR2004 - Java counts such a character as two
