"""Decodes CloudEvents 1.0 in binary mode, as KafkaSource delivers them by HTTP.

An attribute's value is what was sent, with one character a byte (Latin-1): no percent-decoding,
no unquoting. The HTTP binding (1.0.2, 3.1.3.2) has senders percent-encode and receivers decode
one round. KafkaSource does not encode: a Kafka header `50%41` arrives as `50%41`, and U+0080 to
U+00FF as one Latin-1 byte each. Decoding would make one event id of two, and a redrive would
publish another one than came. Of a sender that does encode, the encoded form stays: it is as good
an identity, and our own attributes have no character that is encoded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.outcomes import PermanentError, Reason

REQUIRED: Final = ("id", "source", "type", "specversion")
TICK_TYPE: Final = "dev.knative.sources.ping"  # of PingSource
_PREFIX: Final = b"ce-"


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An event: its attributes by name (extensions among them), its content type and its bytes."""

    attributes: Mapping[str, str]
    content_type: str | None
    data: bytes

    @property
    def event_id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def event_type(self) -> str:
        return self.attributes.get("type", "")

    @property
    def source(self) -> str:
        return self.attributes.get("source", "")


def event_of(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, required: Sequence[str] = REQUIRED
) -> CloudEvent:
    """Return the event in HTTP headers (names in lower case) and body.

    Raise PermanentError where one of the `required` attributes is missing (CloudEvents HTTP
    binding 1.0.2, 3.1).
    """
    attributes: dict[str, str] = {}
    content_type = None
    for name, value in headers:
        if name.startswith(_PREFIX):
            attributes[name[3:].decode("latin-1")] = value.decode("latin-1")
        elif name == b"content-type":
            content_type = value.decode("latin-1")
    for missing in required:
        if missing not in attributes:
            header = f"ce-{missing}"
            raise PermanentError(Reason.NOT_AN_EVENT, f"the header {header} is missing", header)
    return CloudEvent(attributes, content_type, body)
