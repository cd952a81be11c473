"""What is in an event? CloudEvents 1.0 in binary mode, as KafkaSource delivers them by HTTP."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from shared.outcomes import PermanentError

REQUIRED: Final = ("id", "source", "type", "specversion")
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
    """Read an event from HTTP headers (names in lower case) and body.

    Raises PermanentError where one of the `required` attributes is missing (CloudEvents HTTP
    binding 1.0.2, 3.1).
    """
    attributes: dict[str, str] = {}
    content_type = None
    for name, value in headers:
        if name.startswith(_PREFIX):
            text = value.decode("latin-1")
            attributes[name[3:].decode("latin-1")] = unquote(text) if "%" in text else text
        elif name == b"content-type":
            content_type = value.decode("latin-1")
    for name_of_it in required:
        if name_of_it not in attributes:
            header = f"ce-{name_of_it}"
            raise PermanentError("not_an_event", f"the header {header} is missing", header)
    return CloudEvent(attributes, content_type, body)
