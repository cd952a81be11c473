"""A query as a tree: what of PromQL is evaluated here; pure.

Times are milliseconds, as Prometheus has them.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from functions.dashboard.prometheus.labels import Matcher

Expression: TypeAlias = "Number | Selector | Range | Call | Aggregate | Binary | Negative"
Match = Literal["on", "ignoring"]


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar that is written out."""

    value: float


@dataclass(frozen=True, slots=True)
class Selector:
    """The series that match, each with its latest sample `offset` before the time asked for."""

    matchers: tuple[Matcher, ...]
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """The same, with all samples of the last `range`."""

    selector: Selector
    range: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of arguments."""

    name: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Many series to one for each group; `is_without`: of all labels but the named ones."""

    op: str
    expression: Expression
    parameter: "Expression | None"
    labels: tuple[str, ...]
    is_without: bool


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; series are matched `on` labels, or `ignoring` them."""

    op: str
    left: Expression
    right: Expression
    is_bool: bool = False
    match: Match = "ignoring"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negative:
    """A value with its sign turned."""

    expression: Expression
