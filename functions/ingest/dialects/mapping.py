"""A mapping: where in a JSON message the device, the time and the values of a reading are; pure."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from functions.ingest.request_body import MalformedBody, json_value
from shared.readings.reading import SensorName

_TOKEN: Final = re.compile(r"(?:[^~]|~[01])*")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def _pointer(text: object) -> tuple[str, ...]:
    """Return the reference tokens of a JSON Pointer (RFC 6901)."""
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise ValueError("must be a JSON Pointer: empty for the whole, or such as /device/id")
    if not _TOKEN.fullmatch(text):
        raise ValueError("must be a JSON Pointer: in it ~ is written ~0, and / in a name ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Pointer = Annotated[tuple[str, ...], BeforeValidator(_pointer)]
Pointers = Annotated[
    tuple[Pointer, ...], BeforeValidator(_listed)
]  # the first that leads somewhere
MappingName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class JsonMapping(BaseModel):
    """Where the parts of a reading are.

    A message that is not of `query`, or lacks what is in `requires`, is no reading: it is taken,
    counted, and nothing is stored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: dict[str, str] = {}
    messages: Pointer = ()  # to a message or an array of them
    requires: Pointers = ()
    device: Annotated[Pointers, Field(min_length=1)]
    time: Pointers = ()
    id: Pointers = ()
    lat: Pointers = ()
    lon: Pointers = ()
    values: dict[SensorName, Pointers] = {}
    all_values: Pointers = ()  # to objects: each number in them is a sensor by its name
    rename: dict[str, SensorName] = {}  # of sensors found by all_values

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if not self.values and not self.all_values:
            raise ValueError("give values or all_values")
        return self


class _MappingsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mappings: dict[MappingName, JsonMapping]


def mappings_in(text: bytes) -> Mapping[str, JsonMapping]:
    """Return the mappings of a file by name; raise ValueError saying where it is wrong."""
    try:
        return _MappingsFile.model_validate(json_value(text)).mappings
    except MalformedBody as error:
        raise ValueError(str(error).replace("the body", "the file")) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def found_at(content: object, pointers: tuple[tuple[str, ...], ...]) -> object:
    """Return what the first pointer leads to that leads anywhere but to null, else None."""
    return next((one for one in (_at(content, each) for each in pointers) if one is not None), None)


def _at(content: object, pointer: tuple[str, ...]) -> object:
    for token in pointer:
        if isinstance(content, dict):
            content = content.get(token)
        elif isinstance(content, list) and _INDEX.fullmatch(token) and int(token) < len(content):
            content = content[int(token)]
        else:
            return None
    return content
