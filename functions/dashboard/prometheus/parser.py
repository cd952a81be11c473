"""From the text of a query to its tree, through promql-parser; what is not evaluated is refused.

The parser holds operands and arguments to their types, as Prometheus' own does.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

import promql_parser as promql

from functions.dashboard.prometheus.arithmetic import ARITHMETIC, COMPARISONS
from functions.dashboard.prometheus.errors import QueryError, wrong
from functions.dashboard.prometheus.functions import FUNCTIONS
from functions.dashboard.prometheus.labels import NAME, Matcher, MatchOp, regex
from functions.dashboard.prometheus.operators import SETS
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

AGGREGATIONS: Final = (
    "avg", "bottomk", "count", "group", "max", "min", "quantile", "stddev", "sum", "topk",
)  # fmt: skip
MAX_QUERY: Final = 10_000  # characters
MAX_DEPTH: Final = 100
_Node: TypeAlias = Any  # of the parser, whose classes have no common one
_MILLISECOND: Final = timedelta(milliseconds=1)
_OPS: Final[Sequence[tuple[promql.MatchOp, MatchOp]]] = (
    (promql.MatchOp.Equal, "="),
    (promql.MatchOp.NotEqual, "!="),
    (promql.MatchOp.Re, "=~"),
    (promql.MatchOp.NotRe, "!~"),
)


def parsed(text: str) -> Expression:
    """Return the tree of a query. Raise QueryError where it is wrong, or asks for too much."""
    return _tree(_expr(text), 0)


def selector_of(text: str) -> Selector:
    """Return the selector that `match[]` is. Raise QueryError where it is none."""
    tree = parsed(text)
    if not isinstance(tree, Selector):
        raise wrong(f"{text!r} is no selector of series")
    return tree


def _expr(text: str) -> _Node:
    if len(text) > MAX_QUERY:
        raise wrong(f"the query is longer than {MAX_QUERY} characters")
    if sum(map(text.count, "([{")) > 10 * MAX_DEPTH:
        raise wrong("the query has too many brackets")
    try:
        return promql.parse(text)
    except ValueError as error:
        raise wrong(f"invalid parameter 'query': {error}") from None


def _tree(node: _Node, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise wrong(f"the query is nested deeper than {MAX_DEPTH}")
    make = _MAKERS.get(type(node))
    if make is None:
        raise _unsupported(type(node).__name__.removesuffix("Expr").removesuffix("Literal").lower())
    return make(node, depth + 1)


def _number(node: _Node, _depth: int) -> Expression:
    return Number(node.val)


def _selector(node: _Node, _depth: int) -> Selector:
    if node.at is not None:
        raise _unsupported("@")
    if node.matchers.or_matchers:
        raise _unsupported("or between matchers")
    named = () if node.name is None else (Matcher(NAME, "=", node.name),)
    matchers = named + tuple(_matchers(node.matchers.matchers))
    return Selector(matchers, _milliseconds(node.offset or timedelta(0)))


def _matchers(found: list[Any]) -> Iterator[Matcher]:
    for one in found:
        op = next(own for theirs, own in _OPS if theirs == one.op)
        if op in ("=~", "!~"):
            regex(one.value)
        yield Matcher(one.name, op, one.value)


def _range(node: _Node, depth: int) -> Expression:
    return Range(_selector(node.vector_selector, depth), _milliseconds(node.range))


def _call(node: _Node, depth: int) -> Expression:
    name = node.func.name
    if name not in FUNCTIONS:
        raise _unsupported(f"{name}()")
    arguments = tuple(_tree(one, depth) for one in node.args)
    return Call(name, arguments)


def _aggregate(node: _Node, depth: int) -> Expression:
    op = str(node.op)
    if op not in AGGREGATIONS:
        raise _unsupported(f"{op}()")
    parameter = None if node.param is None else _tree(node.param, depth)
    modifier = node.modifier
    labels = () if modifier is None else tuple(modifier.labels)
    is_without = modifier is not None and modifier.type == promql.AggModifierType.Without
    return Aggregate(op, _tree(node.expr, depth), parameter, labels, is_without)


def _binary(node: _Node, depth: int) -> Expression:
    op, modifier = str(node.op), node.modifier
    if op not in (*ARITHMETIC, *COMPARISONS, *SETS):
        raise _unsupported(op)
    left, right = _tree(node.lhs, depth), _tree(node.rhs, depth)
    if modifier is None:
        return Binary(op, left, right)
    if modifier.card in (
        promql.VectorMatchCardinality.ManyToOne,
        promql.VectorMatchCardinality.OneToMany,
    ):
        raise _unsupported("group_left and group_right")
    matching = modifier.matching
    is_on = matching is not None and matching.type == promql.LabelModifierType.Include
    labels = () if matching is None else tuple(matching.labels)
    return Binary(op, left, right, modifier.return_bool, "on" if is_on else "ignoring", labels)


def _negative(node: _Node, depth: int) -> Expression:
    return Negative(_tree(node.expr, depth))


def _inner(node: _Node, depth: int) -> Expression:
    return _tree(node.expr, depth)


def _milliseconds(span: timedelta) -> int:
    return span // _MILLISECOND


def _unsupported(what: str) -> QueryError:
    functions, aggregations = ", ".join(sorted(FUNCTIONS)), ", ".join(AGGREGATIONS)
    return wrong(
        f"{what} is not supported here. Supported are: selectors with offset; the functions"
        f" {functions}; the aggregations {aggregations} by and without labels; the operators"
        f" {' '.join((*ARITHMETIC, *COMPARISONS, *SETS))}, series matched one to one"
    )


_MAKERS: Final = {
    promql.NumberLiteral: _number,
    promql.VectorSelector: _selector,
    promql.MatrixSelector: _range,
    promql.Call: _call,
    promql.AggregateExpr: _aggregate,
    promql.BinaryExpr: _binary,
    promql.UnaryExpr: _negative,
    promql.ParenExpr: _inner,
}
