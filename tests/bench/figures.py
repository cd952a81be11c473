"""What a benchmark measured: figures, and how each stands to its baseline of the same run."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a case: the median of its rounds.

    `ratio` is the median of the rounds' ratios to `baseline`, another figure of the same case, so
    that what else the machine did weighs on both. `wanted` is what the ratio is to reach (a ratio
    below 1 of something where less is better is told by `less_is_better`).
    """

    case: str
    name: str
    value: float
    unit: str
    baseline: str | None = None
    ratio: float | None = None
    wanted: float | None = None
    less_is_better: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio is as wanted; None where nothing is."""
        if self.ratio is None or self.wanted is None:
            return None
        return self.ratio <= self.wanted if self.less_is_better else self.ratio >= self.wanted


def median_ratio(values: Sequence[float], baselines: Sequence[float]) -> float:
    """Return the median, over the rounds, of a value's ratio to the baseline of its round."""
    return statistics.median(
        value / baseline for value, baseline in zip(values, baselines, strict=True)
    )


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield a line for each figure, under a line for each case."""
    case = ""
    for one in figures:
        if one.case != case:
            case = one.case
            yield f"{case}:"
        yield f"  {one.name:<44}{_number(one.value):>12} {one.unit:<12}{_ratio(one)}".rstrip()
        if one.note:
            yield f"      {one.note}"


def as_json(figures: Sequence[Figure], machine: Mapping[str, object]) -> str:
    """Return all figures and the machine as JSON."""
    content = {"machine": machine, "figures": [asdict(one) for one in figures]}
    return json.dumps(content, indent=1)


def _ratio(one: Figure) -> str:
    if one.ratio is None:
        return ""
    sign = "<=" if one.less_is_better else ">="
    wanted = "" if one.wanted is None else f"  wanted {sign} {one.wanted:g}"
    missed = "  MISSED" if one.is_met is False else ""
    return f"{one.ratio:>8.2f} of {one.baseline}{wanted}{missed}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
