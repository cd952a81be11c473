"""YAML read as plain values, and the line of each of them.

Scalars are what YAML 1.2 says that they are: `no` and `12:30` are texts, as in JSON's world. What a
reader could take for something else is refused: keys that are there twice, anchors, tags.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from shared.alerts.rules.faults import Path

_CONSTANTS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER: Final = re.compile(r"[-+]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_NOT_PRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_MAX_DIGITS: Final = 400  # of a number: more are none
_MAX_DEPTH: Final = 20
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast


class YamlError(ValueError):
    """A text is no YAML that is read here; `line` is where, from 1 on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """A document's content, and the line on which each path of it begins, from 1 on."""

    content: object
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line of what is at `path`, or else of the nearest that is around it."""
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[each] for each in around if each in self.lines), 1)


def read_marked(text: str) -> MarkedYaml:
    """Return the one document of a text; None where it has none. Raise YamlError."""
    odd = _NOT_PRINTABLE.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        raise YamlError(line, f"the character {odd[0]!a} is not allowed")
    try:
        return _Reading(yaml.parse(text, _LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark, last = error.problem_mark, len(text.splitlines())
        raise YamlError(min(mark.line + 1, last) if mark else 1, f"{error.problem}") from error


class _Reading:
    """One walk through the events of a text."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._lines: dict[Path, int] = {}

    def document(self) -> MarkedYaml:
        next(self._events)  # the stream's start
        content = None
        if isinstance(next(self._events), yaml.DocumentStartEvent):
            content = self._value_of(next(self._events), ())
            next(self._events)  # the document's end
            after = next(self._events)
            if isinstance(after, yaml.DocumentStartEvent):
                raise YamlError(_line_of(after), "a second document begins here")
        return MarkedYaml(content, self._lines)

    def _value_of(self, event: yaml.Event, path: Path) -> object:
        self._lines.setdefault(path, _line_of(event))
        assert isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise YamlError(_line_of(event), "anchors and aliases are not read: write it out")
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.tag is not None:
            raise YamlError(_line_of(event), f"the tag {event.tag!r} is not read")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar_of(event)
        if len(path) > _MAX_DEPTH:
            raise YamlError(_line_of(event), "is nested too deeply")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        return self._mapping_at(path) if is_mapping else self._sequence_at(path)

    def _sequence_at(self, path: Path) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value_of(event, (*path, len(found))))
        return found

    def _mapping_at(self, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise YamlError(_line_of(key), "a key must be a text")
            if key.value in found:
                raise YamlError(_line_of(key), f"the key {key.value!r} is there twice")
            self._lines[(*path, key.value)] = _line_of(key)
            found[key.value] = self._value_of(next(self._events), (*path, key.value))
        return found


def _scalar_of(event: yaml.ScalarEvent) -> object:
    text = str(event.value)
    if event.style:  # quoted, or a block
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if len(text) > _MAX_DIGITS or _NUMBER.fullmatch(text) is None:
        return text
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _line_of(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.line) + 1
