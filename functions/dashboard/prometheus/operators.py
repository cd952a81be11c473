"""Operators between numbers and series, step by step; series are matched one to one; pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from functions.dashboard.prometheus.arithmetic import ARITHMETIC, COMPARISONS
from functions.dashboard.prometheus.errors import undefined
from functions.dashboard.prometheus.labels import NAME, Labels, dropping, keeping, without_name
from functions.dashboard.prometheus.syntax import Binary
from functions.dashboard.prometheus.values import (
    Row,
    Scalar,
    Value,
    Values,
    Vector,
    columns_of,
    vector_of,
)

SETS: Final = ("and", "or", "unless")


def operated(one: Binary, left: Value, right: Value) -> Value:
    """Return what the operator makes of both. Raise QueryError where several series match one."""
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        compute = ARITHMETIC.get(one.op) or _as_number(COMPARISONS[one.op])
        return Scalar([compute(*pair) for pair in zip(left.values, right.values, strict=True)])
    if isinstance(left, Vector) and isinstance(right, Vector):
        return _of_sets(one, left, right) if one.op in SETS else _of_series(one, left, right)
    return vector_of(_with_scalar(one, left, right))


def _of_series(one: Binary, left: Vector, right: Vector) -> Vector:
    if not left.rows or not right.rows:
        return Vector(())
    return vector_of(_matched(one, left, right))


def _matched(one: Binary, left: Vector, right: Vector) -> Iterator[Row]:
    is_asked = _any(left.rows)
    others = {match: _only(rows, is_asked) for match, rows in _by_match(one, right.rows).items()}
    for match, rows in _by_match(one, left.rows).items():
        other = others.get(match)
        if other is None:
            continue
        found = [Row(_matched_labels(row.labels, one), _both(one, row, other)) for row in rows]
        if any(sum(value is not None for value in column) > 1 for column in columns_of(found)):
            raise undefined(
                "multiple matches for labels: many-to-one matching must be explicit"
                " (group_left/group_right)"
            )
        yield from found


def _both(one: Binary, row: Row, other: Values) -> Values:
    return [_combined(one, *pair) for pair in zip(row.values, other, strict=True)]


def _of_sets(one: Binary, left: Vector, right: Vector) -> Vector:
    sources = right.rows if one.op == "or" else left.rows
    others = left.rows if one.op == "or" else right.rows
    there = {match: _any(rows) for match, rows in _by_match(one, others).items()}
    is_and = one.op == "and"
    kept = (_where(row, there.get(_match_of(one, row)), is_there=is_and) for row in sources)
    return vector_of([*left.rows, *kept] if one.op == "or" else kept)


def _where(row: Row, there: Sequence[bool] | None, *, is_there: bool) -> Row:
    """Return the series where another one is there, or where none is."""
    others = [False] * len(row.values) if there is None else there
    pairs = zip(row.values, others, strict=True)
    return Row(row.labels, [value if other is is_there else None for value, other in pairs])


def _with_scalar(one: Binary, left: Value, right: Value) -> Iterator[Row]:
    is_left = isinstance(left, Vector)
    vector, scalar = (left, right) if is_left else (right, left)
    assert isinstance(vector, Vector)
    assert isinstance(scalar, Scalar)
    is_filter = one.op in COMPARISONS and not one.is_bool
    for row in vector.rows:
        values: Values = []
        for value, number in zip(row.values, scalar.values, strict=True):
            found = _combined(one, *((value, number) if is_left else (number, value)))
            values.append(value if is_filter and found is not None else found)
        labels = without_name(row.labels) if _drops_name(one) else row.labels
        yield Row(labels, values)


def _as_number(compare: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda one, other: float(compare(one, other))


def _drops_name(one: Binary) -> bool:
    return one.is_bool or one.op in ARITHMETIC


def _combined(one: Binary, left: float | None, right: float | None) -> float | None:
    """Return the value of an operation; of a comparison the left one, or 0 and 1."""
    if left is None or right is None:
        return None
    if one.op in ARITHMETIC:
        return ARITHMETIC[one.op](left, right)
    is_so = COMPARISONS[one.op](left, right)
    if one.is_bool:
        return float(is_so)
    return left if is_so else None


def _match_of(one: Binary, row: Row) -> Labels:
    if one.match == "on":
        return keeping(row.labels, one.labels)
    return dropping(row.labels, {*one.labels, NAME})


def _matched_labels(labels: Labels, one: Binary) -> Labels:
    kept = keeping(labels, one.labels) if one.match == "on" else dropping(labels, one.labels)
    return without_name(kept) if _drops_name(one) else kept


def _by_match(one: Binary, rows: Iterable[Row]) -> dict[Labels, list[Row]]:
    found: dict[Labels, list[Row]] = {}
    for row in rows:
        found.setdefault(_match_of(one, row), []).append(row)
    return found


def _only(rows: Sequence[Row], is_asked: Sequence[bool]) -> Values:
    """Return the values of the one series that there is at each step at which it matters."""
    values: Values = []
    for column, matters in zip(columns_of(rows), is_asked, strict=True):
        there = [value for value in column if value is not None]
        if len(there) > 1 and matters:
            raise undefined(
                "found duplicate series for the match group on the right hand-side of the"
                " operation; many-to-many matching not allowed: matching labels must be unique on"
                " one side"
            )
        values.append(there[0] if there else None)
    return values


def _any(rows: Sequence[Row]) -> Sequence[bool]:
    return [any(value is not None for value in column) for column in columns_of(rows)]
