"""Patterns of device ids: an id, or the beginning of ids followed by `*`; pure."""

import re
from collections.abc import Iterable
from typing import Annotated, Final, Self

from pydantic import Field

EVERY: Final = "*"
# The alphabet of a device id, which has no `*` (shared/readings/reading.py).
_PATTERN: Final = r"^(?:[A-Za-z0-9._:-]{1,128}\*?|\*)$"
_SHAPE: Final = re.compile(_PATTERN, re.ASCII)
Pattern = Annotated[str, Field(pattern=_PATTERN)]


def is_pattern(text: str) -> bool:
    """Return whether a text is a device id, or a beginning of ids followed by `*`."""
    return _SHAPE.fullmatch(text) is not None


class Devices:
    """A set of devices, given by patterns. Of none, it covers none."""

    __slots__ = ("_ids", "_prefixes", "patterns")

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self.patterns = tuple(patterns)
        self._ids = frozenset(one for one in self.patterns if not one.endswith(EVERY))
        self._prefixes = tuple(one[:-1] for one in self.patterns if one.endswith(EVERY))

    def __contains__(self, device_id: str) -> bool:
        return device_id in self._ids or device_id.startswith(self._prefixes)

    def cover(self, pattern: str) -> bool:
        """Return whether each device of a pattern is one of these."""
        if not pattern.endswith(EVERY):
            return pattern in self
        return pattern[:-1].startswith(self._prefixes)

    def without_every(self) -> Self:
        """Return the set without the pattern that stands for all devices."""
        return type(self)(one for one in self.patterns if one != EVERY)
