"""Aggregation expressions: the few operators that the stores use.

Another one is a fault of the double, reported by name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from tests.simulation.database_double.ordering import MISSING, compare

Document = dict[str, Any]


def evaluate(expression: Any, document: Document, now: datetime) -> Any:
    """Evaluate on `document`; `now` is $$NOW, the same for a whole statement."""
    if isinstance(expression, str):
        return _text(expression, document, now)
    if not isinstance(expression, dict):
        return expression
    if not next(iter(expression), "").startswith("$"):
        return {name: evaluate(part, document, now) for name, part in expression.items()}
    (operator, operands), *others = expression.items()
    assert not others, f"the double knows expressions of one operator only: {expression}"
    values = [evaluate(operand, document, now) for operand in operands]
    return _OPERATORS[operator](values)


def _text(text: str, document: Document, now: datetime) -> Any:
    if text == "$$NOW":
        return now
    if text.startswith("$"):
        return document.get(text[1:], MISSING)
    return text


def _add(values: list[Any]) -> Any:
    dates = [value for value in values if isinstance(value, datetime)]
    numbers = sum(value for value in values if not isinstance(value, datetime))
    if not dates:
        return numbers
    assert len(dates) == 1, "only one date can be added to"
    return dates[0] + timedelta(milliseconds=numbers)


def _max(values: list[Any]) -> Any:
    greatest = None  # null and missing are left out, as $max does
    for value in values:
        if value is not None and value is not MISSING:
            greatest = value if greatest is None or compare(value, greatest) > 0 else greatest
    return greatest


_OPERATORS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "$add": _add,
    "$max": _max,
    "$and": all,
    "$or": any,
    "$gt": lambda values: compare(values[0], values[1]) > 0,
    "$lte": lambda values: compare(values[0], values[1]) <= 0,
    "$eq": lambda values: compare(values[0], values[1]) == 0,
    "$cond": lambda values: values[1] if values[0] else values[2],
}
