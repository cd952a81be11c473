"""Matching documents with filters: the few operators that the stores use."""

from collections.abc import Callable
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any, Final

from tests.simulation.database_double.expressions import evaluate
from tests.simulation.database_double.ordering import MISSING, compare, rank

Document = dict[str, Any]
Matcher = Callable[[Document], bool]
_Test = Callable[[Any], bool]
_PLAIN: Final = (str, datetime, int)


def matches(document: Document, wanted: Document, now: datetime) -> bool:
    """Return whether it matches all of `wanted`."""
    return matcher(wanted, now)(document)


def matcher(wanted: Document, now: datetime) -> Matcher:
    """Return what tells whether a document matches all of `wanted`.

    Ranges hold only among values of one type.
    """
    parts = [_part(name, condition, now) for name, condition in wanted.items()]
    if len(parts) == 1:
        return parts[0]
    return lambda document: all(part(document) for part in parts)


def equalities(wanted: Document) -> Document:
    """Return the fields that an upsert takes from its filter: those held equal to a value."""
    return {
        name: condition
        for name, condition in wanted.items()
        if not name.startswith("$") and not _is_operators(condition)
    }


def _part(name: str, condition: Any, now: datetime) -> Matcher:
    if name == "$expr":
        return lambda document: bool(evaluate(condition, document, now))
    if name in ("$or", "$and"):
        some = [matcher(one, now) for one in condition]
        chosen = any if name == "$or" else all
        return lambda document: chosen(one(document) for one in some)
    tests = _tests(condition)
    if len(tests) == 1:
        (test,) = tests
        return lambda document: test(document.get(name, MISSING))
    return lambda document: all(test(document.get(name, MISSING)) for test in tests)


def _tests(condition: Any) -> list[_Test]:
    if not _is_operators(condition):
        return [_equal(condition)]
    return [_OPERATORS[operator](operand) for operator, operand in condition.items()]


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, dict) and next(iter(condition), "").startswith("$")


def _equal(operand: Any) -> _Test:
    return lambda value: compare(value, operand) == 0


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any], _Test]:
    def made(operand: Any) -> _Test:
        kind, place = type(operand), rank(operand)

        def test(value: Any) -> bool:
            if type(value) is kind and kind in _PLAIN:
                return holds(value, operand)
            return rank(value) == place and holds(compare(value, operand), 0)

        return test

    return made


def _one_of(operand: Any) -> _Test:
    return lambda value: value in operand


def _exists(operand: Any) -> _Test:
    return lambda value: (value is not MISSING) is operand


_OPERATORS: Final[dict[str, Callable[[Any], _Test]]] = {
    "$in": _one_of,
    "$exists": _exists,
    "$lt": _ordered(lt),
    "$lte": _ordered(le),
    "$gt": _ordered(gt),
    "$gte": _ordered(ge),
}
