"""Numbers as senders of JSON write them; pure."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*", re.ASCII)


def number_of(value: object) -> object:
    """Return the number that a value is, also as text; true and false are 1 and 0.

    What is no number is returned as it is, for acceptance to refuse.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return int(value) if isinstance(value, bool) else value


def is_number(value: object) -> bool:
    """Return whether a value is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
