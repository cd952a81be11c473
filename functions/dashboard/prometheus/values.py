"""What a query comes to: numbers or series, one value for each step; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.dashboard.prometheus.errors import undefined
from functions.dashboard.prometheus.labels import Labels

SAME: Final = "vector cannot contain metrics with the same labelset"
Values = list[float | None]  # None where the series has no value at a step


@dataclass(frozen=True, slots=True)
class Samples:
    """A series as it is stored: times in milliseconds, ascending, each with a value."""

    labels: Labels
    times: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number for each step."""

    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Row:
    """A series with what it is at each step."""

    labels: Labels
    values: Values


@dataclass(frozen=True, slots=True)
class Vector:
    """Series, no two of which have the same labels."""

    rows: Sequence[Row]


Value = Scalar | Vector


def columns_of(rows: Sequence[Row]) -> Iterator[tuple[float | None, ...]]:
    """Yield the values of all series at each step."""
    return zip(*(row.values for row in rows), strict=True)


def vector_of(rows: Iterable[Row]) -> Vector:
    """Return the vector; series of equal labels become one, if never both have a value.

    Raise QueryError where they do.
    """
    found: dict[Labels, Values] = {}
    for row in rows:
        there = found.get(row.labels)
        if there is None:
            if any(value is not None for value in row.values):
                found[row.labels] = row.values
            continue
        if any(a is not None and b is not None for a, b in zip(there, row.values, strict=True)):
            raise undefined(SAME)
        found[row.labels] = [b if a is None else a for a, b in zip(there, row.values, strict=True)]
    return Vector([Row(labels, values) for labels, values in found.items()])


def distinct_vector_of(rows: Iterable[Row]) -> Vector:
    """Return the vector. Raise QueryError where two series have the same labels."""
    kept = [row for row in rows if any(value is not None for value in row.values)]
    if len({row.labels for row in kept}) < len(kept):
        raise undefined(SAME)
    return Vector(kept)
