"""Queries of the subset that is evaluated, and samples that they are about."""

from random import Random
from typing import Final

from hypothesis import strategies as st

NAMES: Final = ("t", "t:max", "h")
DEVICES: Final = ("a", "b", "c-1")
T0: Final = 1_769_860_800_000  # 2026-01-31T12:00:00Z
WINDOW: Final = 60_000
_RANGES: Final = st.sampled_from(["1m", "2m", "150s", "5m", "10m"])
_NUMBERS: Final = st.sampled_from(["0", "1", "2", "-1", "0.5", "20", "1e3"])
_MATCHERS: Final = st.sampled_from(
    ["", '{device_id="a"}', '{device_id!="a"}', '{device_id=~"a|b"}', '{device_id!~"c.*"}',
     '{device_id=~".+"}', '{foreign=""}', '{foreign!=""}', '{device_id="nobody"}']
)  # fmt: skip
_OVER: Final = (
    "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
    "last_over_time", "stddev_over_time", "rate", "increase", "delta", "deriv", "changes",
)  # fmt: skip
_OFFSETS: Final = st.sampled_from(["", "", "", " offset 1m", " offset 90s"])
_ARITHMETIC: Final = st.sampled_from(["+", "-", "*", "/", "%", "^"])
_COMPARISONS: Final = st.sampled_from(["==", "!=", ">", "<", ">=", "<="])
_SETS: Final = st.sampled_from(["and", "or", "unless"])
_MATCHING: Final = st.sampled_from(["", " on(device_id)", " ignoring(foreign)", " on()"])
_GROUPING: Final = st.sampled_from(
    ["", " by (device_id)", " without (device_id)", " by ()", " by (__name__)"]
)

selectors = st.builds(lambda name, how: name + how, st.sampled_from(NAMES), _MATCHERS) | st.just(
    '{__name__=~"t.*"}'
)
instants = st.builds(lambda one, offset: one + offset, selectors, _OFFSETS)


def _over(name: str, selector: str, span: str, offset: str) -> str:
    return f"{name}({selector}[{span}]{offset})"


ranges = st.builds(_over, st.sampled_from(_OVER), selectors, _RANGES, _OFFSETS) | st.builds(
    lambda share, selector, span: f"quantile_over_time({share}, {selector}[{span}])",
    st.sampled_from(["0", "0.25", "0.9", "1", "2", "-1"]),
    selectors,
    _RANGES,
)


def _more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(
            lambda op, one, how: f"{op}{how} ({one})",
            st.sampled_from(["sum", "avg", "min", "max", "count", "group", "stddev"]),
            inner,
            _GROUPING,
        ),
        # Of equal values topk takes what comes first, and what is nested comes as from a hash map.
        st.builds(
            lambda op, k, one, how: f"{op}{how} ({k}, {one})",
            st.sampled_from(["topk", "bottomk"]),
            st.sampled_from(["1", "2", "0.5"]),
            instants | ranges,
            _GROUPING,
        ),
        st.builds(
            lambda share, one, how: f"quantile{how} ({share}, {one})",
            st.sampled_from(["0", "0.5", "0.9", "2"]),
            inner,
            _GROUPING,
        ),
        st.builds(lambda one, op, number: f"({one}) {op} {number}", inner, _ARITHMETIC, _NUMBERS),
        st.builds(lambda one, op, number: f"{number} {op} ({one})", inner, _ARITHMETIC, _NUMBERS),
        st.builds(
            lambda one, op, is_bool, number: f"({one}) {op}{is_bool} {number}",
            inner,
            _COMPARISONS,
            st.sampled_from(["", " bool"]),
            _NUMBERS,
        ),
        st.builds(
            lambda one, op, how, other: f"({one}) {op}{how} ({other})",
            inner,
            _ARITHMETIC | _COMPARISONS | _SETS,
            _MATCHING,
            inner,
        ),
        st.builds(
            lambda name, one: f"{name}({one})",
            st.sampled_from(["abs", "ceil", "floor", "round", "sqrt", "sgn", "-"]),
            inner,
        ),
        st.builds(
            lambda name, one, number: f"{name}({one}, {number})",
            st.sampled_from(["clamp_min", "clamp_max", "round"]),
            inner,
            st.sampled_from(["5", "0.5", "20"]),
        ),
        st.builds(lambda one: f"clamp({one}, 3, 21)", inner),
        st.builds(lambda one: f"vector(scalar({one}))", inner),
    )


queries = st.recursive(
    instants | ranges | st.sampled_from(["vector(1)", "vector(time())"]), _more, max_leaves=4
)
# Quarters: their sums and differences are exact, in whatever order Prometheus takes its series.
values = st.integers(-80, 160).map(lambda quarters: quarters / 4)


def made_series() -> list[tuple[str, str, list[tuple[int, float]]]]:
    """Give an hour of each series, with gaps, constant stretches and restarts."""
    chance = Random(17)
    found: list[tuple[str, str, list[tuple[int, float]]]] = []
    for name in NAMES:
        for device_id in DEVICES:
            samples: list[tuple[int, float]] = []
            value = chance.randrange(-20, 80) / 4
            for minute in range(60):
                if chance.random() < 0.3:
                    value = chance.randrange(-80, 160) / 4
                if chance.random() < 0.8:
                    samples.append((T0 + minute * WINDOW, value))
            found.append((name, device_id, samples))
    return found


SERIES: Final = made_series()
