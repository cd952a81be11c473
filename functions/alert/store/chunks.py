"""Sequences cut into parts of bounded length."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def chunks(items: Sequence[_T], length: int) -> Iterator[list[_T]]:
    """Return the items in their order, up to `length` of them at a time."""
    return (list(items[start : start + length]) for start in range(0, len(items), length))
