"""The formats of rows: which one is wanted, and how a row is written in it; pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.times import rfc3339

Cell = str | float | bool | datetime | None
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula
_QUOTED: Final = frozenset(',"\r\n')


class Format(StrEnum):
    """A format by the name that `format=` gives it."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"

    @property
    def media_type(self) -> str:
        """What `Content-Type` says."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.NDJSON: "application/x-ndjson",
}
_ACCEPTED: Final = {
    "application/json": Format.JSON,
    "text/csv": Format.CSV,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
}


def accepted_format(accept: str, default: Format) -> Format:
    """Return the format that an `Accept` header likes best; `default` where it names none."""
    best, best_q = default, 0.0
    for part in accept.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        q = _quality(parameters)
        if name in _ACCEPTED and q > best_q:
            best, best_q = _ACCEPTED[name], q
    return best


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield RFC 4180 lines, the header first. No text cell is taken for a formula.

    A text that begins like one gets an apostrophe before it. Nothing is an empty cell.
    """
    yield ",".join(map(_cell, columns)) + "\r\n"
    for row in rows:
        yield ",".join(map(_cell, row)) + "\r\n"


def ndjson_lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield a line of JSON for each row."""
    for row in rows:
        yield json_text(row) + "\n"


def json_text(value: object) -> str:
    """Return a value as JSON without spaces; times as RFC 3339 in UTC."""
    return json.dumps(value, separators=(",", ":"), default=_jsonable, allow_nan=False)


def _quality(parameters: Iterable[str]) -> float:
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return rfc3339(value)
    if not isinstance(value, str):
        return repr(value)
    text = f"'{value}" if value.startswith(_FORMULA) else value
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if _QUOTED.intersection(text) else text


def _jsonable(value: object) -> str:
    assert isinstance(value, datetime)
    return rfc3339(value)
