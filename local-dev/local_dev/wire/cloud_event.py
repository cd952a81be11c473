"""Events as the Java SDK reads them, which KafkaSource and KafkaSink are built on.

cloudevents/sdk-java 4.0. The Python SDK cannot stand in: it adds a time, takes any attribute name,
time and URI, and drops data that it cannot decode, where Java refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudevents.http import CloudEvent

EXTENSION_NAME = re.compile(r"[a-z0-9]+")
DATA_SCHEMA = {"1.0": "dataschema", "0.3": "schemaurl"}
OWN_ATTRIBUTES = frozenset({"specversion", "id", "source", "type", "time", "subject", "dataschema"})

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?(?:([Zz])|([+-]\d\d:\d\d))"
)
_URI_ILLEGAL = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})')
_URI_WITHOUT_REST = re.compile(r":|[A-Za-z][A-Za-z0-9+.-]*:$")


class NotAnEventError(ValueError):
    """The attributes make no CloudEvent; the record is then sent as a foreign one."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent: `attributes` with specversion and extensions, but not datacontenttype.

    `twins` are extensions that have the name of one of CloudEvents' own attributes: Java keeps
    and sends both.
    """

    attributes: dict[str, str]
    content_type: str | None
    data: bytes
    twins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, event: CloudEvent) -> Event:
        """Return an event of the Python SDK, whose data are text."""
        attributes = {name: str(value) for name, value in event.get_attributes().items()}
        data = str(event.get_data()).encode("utf-8")
        return cls(attributes, attributes.pop("datacontenttype", None), data)

    def with_attributes(self, more: Mapping[str, str]) -> Event:
        """Return the event with `more` attributes; they win over those that it has."""
        return Event({**self.attributes, **more}, self.content_type, self.data, self.twins)


def read_attributes(given: Mapping[str, str], content_type: str | None, data: bytes) -> Event:
    """Return the event of these attributes. Raise NotAnEventError where the SDK refuses.

    It refuses an unknown specversion, id, source or type missing (empty will do), a time or URI
    that cannot be read, a name outside [a-z0-9].
    """
    version = given.get("specversion")
    if version not in DATA_SCHEMA:
        raise NotAnEventError(f"specversion is {version}")
    for name in ("id", "source", "type"):
        if name not in given:
            raise NotAnEventError(f"{name} is missing")
    read = dict(given)
    for name in read:
        if not EXTENSION_NAME.fullmatch(name):
            raise NotAnEventError(f"{name} is no attribute name")
    for name in ("source", DATA_SCHEMA[version]):
        if name in read:
            _require_uri(name, read[name])
    if "time" in read:
        read["time"] = time_text(read["time"])
    return Event(read, read.pop("datacontenttype", content_type), data)


def time_text(text: str) -> str:
    """Return a time as Java writes it again: no trailing zeros in the fraction, zone kept."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise NotAnEventError(f"time is {text}")
    day, minute, second, fraction, zulu, offset = match.groups()
    digits = (fraction or "").rstrip("0")
    zone = "Z" if zulu or offset in ("+00:00", "-00:00") else offset
    return f"{day}T{minute}{second or ':00'}{'.' + digits if digits else ''}{zone}"


def _require_uri(name: str, text: str) -> None:
    if _URI_ILLEGAL.search(text) or _URI_WITHOUT_REST.match(text):
        raise NotAnEventError(f"{name} is no URI: {text}")
