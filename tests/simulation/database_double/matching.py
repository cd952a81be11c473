"""Does a document match a filter? The few operators that the stores use."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from tests.simulation.database_double.expressions import evaluate
from tests.simulation.database_double.ordering import MISSING, compare, rank

Document = dict[str, Any]


def matches(document: Document, wanted: Document, now: datetime) -> bool:
    """Tell whether it matches all of `wanted`; ranges hold only among values of one type."""
    for name, condition in wanted.items():
        if name == "$expr":
            if not evaluate(condition, document, now):
                return False
        elif name == "$or":
            if not any(matches(document, one, now) for one in condition):
                return False
        elif not _holds(document.get(name, MISSING), condition):
            return False
    return True


def equalities(wanted: Document) -> Document:
    """Give the fields that an upsert takes from its filter: those held equal to a value."""
    return {
        name: condition
        for name, condition in wanted.items()
        if not name.startswith("$") and not _is_operators(condition)
    }


def _holds(value: Any, condition: Any) -> bool:
    if not _is_operators(condition):
        return compare(value, condition) == 0
    return all(_OPERATORS[operator](value, operand) for operator, operand in condition.items())


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, dict) and next(iter(condition), "").startswith("$")


def _ordered(holds: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: rank(value) == rank(operand) and holds(compare(value, operand))


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$in": lambda value, operand: value in operand,
    "$exists": lambda value, operand: (value is not MISSING) is operand,
    "$lt": _ordered(lambda found: found < 0),
    "$lte": _ordered(lambda found: found <= 0),
    "$gt": _ordered(lambda found: found > 0),
    "$gte": _ordered(lambda found: found >= 0),
}
