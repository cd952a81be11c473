"""Evaluates a query over steps of time, from samples that were read before; pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.dashboard.prometheus.aggregations import FOLDS, highest, quantile
from functions.dashboard.prometheus.errors import undefined, wrong
from functions.dashboard.prometheus.functions import FUNCTIONS, Function, Window
from functions.dashboard.prometheus.labels import NAME, Labels, dropping, keeping, without_name
from functions.dashboard.prometheus.operators import operated
from functions.dashboard.prometheus.syntax import (
    Aggregate,
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    Range,
    Selector,
)
from functions.dashboard.prometheus.values import (
    Row,
    Samples,
    Scalar,
    Value,
    Values,
    Vector,
    columns_of,
    distinct_vector_of,
    vector_of,
)

Stored = Mapping[Selector, Sequence[Samples]]
_TAKES_SOME: Final = ("topk", "bottomk")
# Values of one evaluation, which nothing cuts short once it has begun.
MOST_LOOKED_AT: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Steps:
    """The times of evaluation, and how long a sample counts; milliseconds."""

    times: Sequence[int]
    look_back: int


def evaluate(expression: Expression, steps: Steps, stored: Stored) -> Value:
    """Return the query's value at each step.

    Raise QueryError where it is not defined, or looks at too many values: those of each series at
    each step, for each operator, and of a range all its samples.
    """
    return _Evaluator(steps, stored).value_of(expression)


class _Evaluator:
    def __init__(self, steps: Steps, stored: Stored) -> None:
        self._steps = steps
        self._count = len(steps.times)
        self._stored = stored
        self._left = MOST_LOOKED_AT
        self._of: Mapping[type, Callable[..., Value]] = {
            Number: self._number,
            Selector: self._selector,
            Call: self._call,
            Aggregate: self._aggregate,
            Binary: self._binary,
            Negative: self._negative,
        }

    def value_of(self, expression: Expression) -> Value:
        make = self._of.get(type(expression))
        if make is None:
            raise wrong("a range of samples needs a function over it, such as avg_over_time()")
        value: Value = make(expression)
        self._look_at(self._count * (1 if isinstance(value, Scalar) else len(value.rows)))
        return value

    def _look_at(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise undefined(f"the query looks at more than {MOST_LOOKED_AT} values")

    def _number(self, one: Number) -> Value:
        return Scalar([one.value] * self._count)

    def _selector(self, selector: Selector) -> Value:
        return Vector([row for row in map(self._latest(selector), self._stored[selector]) if row])

    def _latest(self, selector: Selector) -> Callable[[Samples], Row | None]:
        def row_of(samples: Samples) -> Row | None:
            times, found = samples.times, samples.values
            values: Values = []
            for step in self._steps.times:
                at = step - selector.offset
                place = bisect_right(times, at) - 1
                is_there = place >= 0 and times[place] >= at - self._steps.look_back
                values.append(found[place] if is_there else None)
            is_empty = all(value is None for value in values)
            return None if is_empty else Row(samples.labels, values)

        return row_of

    def _call(self, call: Call) -> Value:
        function = FUNCTIONS[call.name]
        if call.name == "time":
            return Scalar([step / 1e3 for step in self._steps.times])
        if call.name == "vector":
            return Vector([Row((), list(self._scalar(call.arguments[0])))])
        if call.name == "scalar":
            return self._single(call.arguments[0])
        if function.over is not None:
            return self._over(function, call.arguments)
        return self._each(function, call.arguments)

    def _single(self, argument: Expression) -> Value:
        rows = self._vector(argument).rows
        columns = zip(*(row.values for row in rows), strict=True) if rows else ((),) * self._count
        there = ([value for value in column if value is not None] for column in columns)
        return Scalar([some[0] if len(some) == 1 else math.nan for some in there])

    def _over(self, function: Function, arguments: Sequence[Expression]) -> Value:
        over = function.over
        assert over is not None
        *numbers, last = arguments
        assert isinstance(last, Range)
        parameters = self._scalar(numbers[0]) if numbers else [0.0] * self._count

        def row_of(samples: Samples) -> Row:
            values: Values = []
            for step, parameter in zip(self._steps.times, parameters, strict=True):
                end = step - last.selector.offset
                span = (end - last.range, end)
                first = bisect_left(samples.times, span[0])
                behind = bisect_right(samples.times, end)
                if first == behind:
                    values.append(None)
                    continue
                self._look_at(behind - first)
                some = slice(first, behind)
                window = Window(samples.times[some], samples.values[some], span)
                values.append(over(window, parameter))
            labels = samples.labels if function.keeps_name else without_name(samples.labels)
            return Row(labels, values)

        return distinct_vector_of(map(row_of, self._stored[last.selector]))

    def _each(self, function: Function, arguments: Sequence[Expression]) -> Value:
        change = function.of
        assert change is not None
        first, *numbers = arguments
        parameters = list(zip(*map(self._scalar, numbers), strict=True)) or [()] * self._count
        is_clamp = len(numbers) == len(("min", "max"))  # with a greatest below the least: nothing
        return vector_of(
            Row(
                without_name(row.labels),
                [
                    None
                    if value is None or (is_clamp and some[1] < some[0])
                    else change(value, *some)
                    for value, some in zip(row.values, parameters, strict=True)
                ],
            )
            for row in self._vector(first).rows
        )

    def _negative(self, negative: Negative) -> Value:
        value = self.value_of(negative.expression)
        if isinstance(value, Scalar):
            return Scalar([-one for one in value.values])
        return distinct_vector_of(
            Row(without_name(row.labels), [None if v is None else -v for v in row.values])
            for row in value.rows
        )

    def _aggregate(self, one: Aggregate) -> Value:
        rows = self._vector(one.expression).rows
        parameter = None if one.parameter is None else self._scalar(one.parameter)
        groups: dict[Labels, list[Row]] = {}
        for row in rows:
            groups.setdefault(_group_of(row.labels, one), []).append(row)
        if one.op in _TAKES_SOME:
            assert parameter is not None
            is_bottom = one.op == "bottomk"
            some = (_some(group, parameter, is_bottom=is_bottom) for group in groups.values())
            return vector_of(row for kept in some for row in kept)
        return Vector(
            [Row(labels, _folded(group, one.op, parameter)) for labels, group in groups.items()]
        )

    def _binary(self, one: Binary) -> Value:
        return operated(one, self.value_of(one.left), self.value_of(one.right))

    def _vector(self, expression: Expression) -> Vector:
        value = self.value_of(expression)
        assert isinstance(value, Vector)
        return value

    def _scalar(self, expression: Expression) -> Sequence[float]:
        value = self.value_of(expression)
        assert isinstance(value, Scalar)
        return value.values


def _group_of(labels: Labels, one: Aggregate) -> Labels:
    if one.is_without:
        return dropping(labels, {*one.labels, NAME})
    return keeping(labels, one.labels)


def _folded(rows: Sequence[Row], op: str, parameter: Sequence[float] | None) -> Values:
    values: Values = []
    for step, column in enumerate(columns_of(rows)):
        there = [value for value in column if value is not None]
        if not there:
            values.append(None)
        elif op in FOLDS:
            values.append(FOLDS[op](there))
        else:
            assert parameter is not None
            values.append(quantile(there, parameter[step]))
    return values


def _some(rows: Sequence[Row], counts: Sequence[float], *, is_bottom: bool) -> Iterable[Row]:
    kept: list[Values] = [[] for _ in rows]
    for column, count in zip(columns_of(rows), counts, strict=True):
        places = [place for place, value in enumerate(column) if value is not None]
        there = [value for value in column if value is not None]
        best = {places[at] for at in highest(there, count, is_bottom=is_bottom)}
        for place, value in enumerate(column):
            kept[place].append(value if place in best else None)
    return (Row(row.labels, values) for row, values in zip(rows, kept, strict=True))
