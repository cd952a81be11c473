"""What does a manifest say, and does local-dev understand all of it? Each reader of a kind uses it.

A field that nobody asked for is refused: what a cluster would heed must not be ignored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class ManifestError(Exception):
    """A manifest is wrong or says what local-dev cannot play; the message names file and field."""


class Part:
    """A mapping inside a manifest, and where it stands."""

    def __init__(self, content: object, file: Path, path: str = "") -> None:
        if not isinstance(content, Mapping):
            raise ManifestError(f"{file}: {path or 'the document'} is not a mapping")
        self._content: Mapping[str, Any] = content
        self._file = file
        self._path = path
        self._asked: set[str] = set()

    def fail(self, field: str, why: str) -> ManifestError:
        """Return the error to raise about `field`."""
        return ManifestError(f"{self._file}: {self._where(field)}: {why}")

    def has(self, field: str) -> bool:
        return field in self._content

    def part(self, field: str) -> Part:
        return Part(self._get(field), self._file, self._where(field))

    def part_or_none(self, field: str) -> Part | None:
        return self.part(field) if self.has(field) else None

    def parts(self, field: str) -> list[Part]:
        content = self._get(field)
        if not isinstance(content, Sequence) or isinstance(content, str):
            raise self.fail(field, "is not a list")
        where = self._where(field)
        return [Part(each, self._file, f"{where}.{i}") for i, each in enumerate(content)]

    def text(self, field: str, *allowed: str, default: str | None = None) -> str:
        """Return a text; where `allowed` are given it must be one of them."""
        value = self._typed(field, str, default)
        if allowed and value not in allowed:
            raise self.fail(field, f"is {value!r}; local-dev plays {', '.join(allowed)}")
        return value

    def number(self, field: str, default: int | None = None) -> int:
        value = self._typed(field, int, default)
        if isinstance(value, bool):
            raise self.fail(field, "is not a number")
        return value

    def flag(self, field: str, *, default: bool) -> bool:
        return self._typed(field, bool, default)

    def only_text(self, field: str) -> str:
        """Return the one text in a list."""
        content = self._get(field)
        if not isinstance(content, Sequence) or isinstance(content, str) or len(content) != 1:
            raise self.fail(field, "is not a list of one; local-dev plays one")
        if not isinstance(content[0], str):
            raise self.fail(field, "is not a list of text")
        return content[0]

    def texts(self, field: str) -> dict[str, str]:
        """Return a mapping of text to text, empty where there is none."""
        if not self.has(field):
            return {}
        part = self.part(field)
        return {key: part.text(key) for key in part._content}  # noqa: SLF001 - the same class

    def plain(self, field: str) -> dict[str, str]:
        """Return a mapping whose values may be numbers too, as text; empty where there is none."""
        if not self.has(field):
            return {}
        return {key: str(value) for key, value in self.part(field)._content.items()}  # noqa: SLF001 - the same class

    def leave(self, *fields: str) -> None:
        """Fields that mean nothing on this machine."""
        self._asked |= set(fields)

    def nothing_else(self) -> None:
        """Refuse fields that were not asked for. Raises ManifestError."""
        for field in self._content:
            if field not in self._asked:
                raise self.fail(field, "local-dev does not know this field and would not heed it")

    def _get(self, field: str) -> object:
        self._asked.add(field)
        if field not in self._content:
            raise self.fail(field, "is missing")
        return self._content[field]

    def _typed(self, field: str, kind: type[T], default: T | None) -> T:
        self._asked.add(field)
        if default is not None and field not in self._content:
            return default
        value = self._get(field)
        if not isinstance(value, kind):
            raise self.fail(field, f"is {value!r}, which is not {kind.__name__}")
        return value

    def _where(self, field: str) -> str:
        return f"{self._path}.{field}" if self._path else field
