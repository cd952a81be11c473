"""YAML read as plain values, and the line of each of them.

Scalars are what YAML 1.2 says that they are: `no` and `12:30` are texts, as in JSON's world. What a
reader could take for something else is refused: keys that are there twice, anchors, tags.
"""

import re
from dataclasses import dataclass
from typing import Final

import yaml

from shared.alerts.rules.faults import Path

_CONSTANTS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER: Final = re.compile(r"[-+]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_PLAIN_TAG: Final = re.compile(r"tag:yaml\.org,2002:(?:\w+)")
_MAX_DIGITS: Final = 400  # of a number: more are none


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
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        reading = _Reading()
        return MarkedYaml(None if node is None else reading.value_of(node, ()), reading.lines)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise YamlError(line, f"character {error.character!r} is not allowed") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"{error.problem}") from error
    except RecursionError as error:
        raise YamlError(1, "is nested too deeply") from error


class _Reading:
    """One walk through the nodes of a document."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._seen: set[int] = set()

    def value_of(self, node: yaml.Node, path: Path) -> object:
        self.lines.setdefault(path, _line_of(node))
        if id(node) in self._seen:
            raise YamlError(_line_of(node), "has an alias, and these are not read: write it out")
        self._seen.add(id(node))
        if _PLAIN_TAG.fullmatch(node.tag) is None:
            raise YamlError(_line_of(node), f"the tag {node.tag!r} is not read")
        if isinstance(node, yaml.MappingNode):
            return self._mapping_of(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value_of(each, (*path, at)) for at, each in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return _scalar_of(node)

    def _mapping_of(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlError(_line_of(key), "a key must be a text")
            if key.value in found:
                raise YamlError(_line_of(key), f"the key {key.value!r} is there twice")
            self.lines[(*path, key.value)] = _line_of(key)
            found[key.value] = self.value_of(value, (*path, key.value))
        return found


def _scalar_of(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    if node.style is not None:  # quoted, or a block
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if len(text) > _MAX_DIGITS or _NUMBER.fullmatch(text) is None:
        return text
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
