"""The grammar of Influx line protocol; pure.

`measurement,tag=a,tag=b field=1.5,field=2i 1769860740000000000`. A backslash escapes a comma, a
space and an equals sign; a quoted string may go over line ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

# Plain repeats: possessive ones, in Python 3.11.2 (Debian 12), take lines that are none
# (python/cpython#101955). A sign can be read in one way only: no text is scanned twice.
_ESCAPE: Final = r"\\[^\r\n]"


def _word(ends_before: str) -> str:
    """Return a pattern of at least one sign or escape, up to one of `ends_before`."""
    sign = rf"[^{ends_before}\\\r\n]"
    return rf"(?={sign}|{_ESCAPE}){sign}*(?:{_ESCAPE}{sign}*)*"


_WORD: Final = _word(",= ")
_VALUE: Final = r'(?:"[^"\\]*(?:\\.[^"\\]*)*"|[^, "\r\n]+)'
_FIELD: Final = rf"{_WORD}={_VALUE}"
_LINE: Final = re.compile(
    rf"(?P<measurement>{_word(', ')})(?P<tags>(?:,{_WORD}={_WORD})*) +"
    rf"(?P<fields>{_FIELD}(?:,{_FIELD})*)(?: +(?P<time>-?[0-9]{{1,20}}))? *\r?(?:\n|\Z)",
    re.DOTALL,
)
_TAG: Final = re.compile(rf",({_WORD})=({_WORD})", re.DOTALL)
_PAIR: Final = re.compile(rf"({_WORD})=({_VALUE})", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([,= ])")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?[0-9]+[iu]", re.ASCII)
_TRUE: Final = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE: Final = frozenset({"f", "F", "false", "False", "FALSE"})
_MAX_OVER_LINES: Final = 200  # lines that are looked at beyond their end, for an open string
_MAX_STRING: Final = 65_536


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was said: numbers (booleans are 0 and 1) and texts by their field's name."""

    measurement: str
    tags: Mapping[str, str]
    numbers: Mapping[str, float]
    texts: Mapping[str, str]
    time: int | None


class LineError(Exception):
    """A line is not of the grammar; the message says where."""


def lines_in(text: str) -> Iterator[Line | LineError]:
    """Yield what each line says that is neither blank nor a comment, or what is wrong with it."""
    at, over_lines = 0, 0
    while at < len(text):
        end = _end_of_line(text, at)
        match = None
        if not _says_nothing(text, at, end):
            match = _LINE.match(text, at, end)
            if match is None and '="' in text[at:end] and over_lines < _MAX_OVER_LINES:
                over_lines += 1
                match = _LINE.match(text, at, _end_of_line(text, end + _MAX_STRING))
            yield LineError(_shown(text[at:end])) if match is None else _line_of(match)
        at = end if match is None else match.end()


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _says_nothing(text: str, at: int, end: int) -> bool:
    line = text[at:end].strip()
    return not line or line.startswith("#")


def _line_of(match: re.Match[str]) -> Line | LineError:
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for name, value in _PAIR.findall(match["fields"]):
        field = _plain(name)
        if value.startswith('"'):
            texts[field] = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            continue
        number = _number_of(value)
        if number is None:
            return LineError(f"the field {field[:40]!r} has no value: {value[:40]!r}")
        numbers[field] = number
    tags = {_plain(name): _plain(value) for name, value in _TAG.findall(match["tags"])}
    time = None if match["time"] is None else int(match["time"])
    return Line(_plain(match["measurement"]), tags, numbers, texts, time)


def _number_of(value: str) -> float | None:
    if _FLOAT.fullmatch(value):
        return float(value)
    if _INTEGER.fullmatch(value):
        return float(value[:-1])
    if value in _TRUE:
        return 1.0
    return 0.0 if value in _FALSE else None


def _plain(word: str) -> str:
    return _ESCAPED.sub(r"\1", word) if "\\" in word else word


def _shown(line: str) -> str:
    return f"is no line of measurement, tags, fields and time: {line.strip()[:60]!r}"
