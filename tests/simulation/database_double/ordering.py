"""The order of BSON values. MongoDB's order, for the types that documents of ours hold.

Source: MongoDB manual, "Comparison/Sort Order". Documents compare field by field: by type, then by
name, then by value; the shorter is less where all before is equal.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

MISSING: Final = object()
_PLAIN: Final = (str, int, float, datetime)
_RANKS: Final[dict[type, int]] = {
    object: 0,  # missing
    type(None): 1,
    int: 2,
    float: 2,
    str: 3,
    dict: 4,
    list: 5,
    bool: 8,
    datetime: 9,
}


def rank(value: Any) -> int:
    """Give the place of the value's type in the order of types."""
    found = _RANKS.get(type(value))
    if found is not None:
        return found
    return next(
        place for kind, place in _RANKS.items() if kind is not object and isinstance(value, kind)
    )


def compare(one: Any, other: Any) -> int:
    """Give -1, 0 or 1 as `one` is less than, equal to or greater than `other`."""
    if type(one) is type(other) and type(one) in _PLAIN:
        return -1 if one < other else int(one > other)
    difference = rank(one) - rank(other)
    if difference:
        return -1 if difference < 0 else 1
    if isinstance(one, dict):
        return _compare_documents(one, other)
    if isinstance(one, list):
        return _compare_lists(one, other)
    if one is None or one is MISSING or one == other:
        return 0
    return -1 if one < other else 1


def _compare_documents(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    for (name, value), (other_name, other_value) in zip(one.items(), other.items(), strict=False):
        if rank(value) != rank(other_value):
            return -1 if rank(value) < rank(other_value) else 1
        if name != other_name:
            return -1 if name < other_name else 1
        found = compare(value, other_value)
        if found:
            return found
    return (len(one) > len(other)) - (len(one) < len(other))


def _compare_lists(one: list[Any], other: list[Any]) -> int:
    for value, other_value in zip(one, other, strict=False):
        found = compare(value, other_value)
        if found:
            return found
    return (len(one) > len(other)) - (len(one) < len(other))
