"""Strategies for rules, their histories and readings of alerts, at whole seconds."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Kind, Level, Rule
from shared.alerts.timeline.sample import Sample
from tests.support.alert_oracle import START, at

LONG_BEFORE = START - timedelta(days=30)
SPANS = st.sampled_from([0, 0, 0, 1, 2, 4, 9]).map(lambda s: timedelta(seconds=s))
KINDS: tuple[Kind, ...] = ("threshold", "rate", "stale", "offline")
LEVEL_NAMES = ("warning", "serious", "critical")


@st.composite
def levels(draw: st.DrawFn, names: tuple[str, ...] = LEVEL_NAMES) -> tuple[Level, ...]:
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    side = draw(st.sampled_from(["high", "low", "outside"]))
    found = []
    for name in sorted(chosen, key=names.index):
        high = draw(st.integers(0, 4)) if side != "low" else None
        low = draw(st.integers(-4, 0)) if side != "high" else None
        clear_high = None if high is None else high - draw(st.integers(0, 3))
        clear_low = None if low is None else low + draw(st.integers(0, 3))
        found.append(
            Level(
                name=name,
                high=high,
                low=low,
                clear_high=clear_high,
                clear_low=clear_low,
                hold=draw(SPANS),
                clear_hold=draw(SPANS),
                min_count=draw(st.sampled_from([1, 1, 2, 3])),
            )
        )
    return tuple(found)


@st.composite
def rules(draw: st.DrawFn, kind: Kind, version: int = 1) -> Rule:
    is_silence = kind in ("stale", "offline")
    return Rule(
        rule_id="r",
        kind=kind,
        alert_type="t_r",
        levels=(Level(name="warning"),) if is_silence else draw(levels()),
        version=version,
        sensor=None if kind == "offline" else "t",
        max_gap=timedelta(seconds=draw(st.sampled_from([2, 7, 15, 60]))),
        timeout=timedelta(seconds=draw(st.sampled_from([2, 5, 12]))) if is_silence else None,
        min_interval=timedelta(seconds=draw(st.sampled_from([0, 1, 2]))),
        flap_openings=draw(st.integers(2, 4)),
        flap_within=timedelta(seconds=draw(st.sampled_from([10, 30, 100]))),
        resolve_on_silence=draw(st.booleans()),
    )


@st.composite
def histories(draw: st.DrawFn, kind: Kind = "threshold") -> RuleHistory:
    steps: list[tuple[datetime, Rule | None]] = [(LONG_BEFORE, draw(rules(kind)))]
    times = sorted(draw(st.lists(st.integers(1, 100), max_size=2, unique=True)))
    for version, time in enumerate(times, start=2):
        is_removed = steps[-1][1] is not None and draw(st.integers(0, 2)) == 0
        steps.append((at(time), None if is_removed else draw(rules(kind, version))))
    return RuleHistory("r", tuple(steps))


@st.composite
def sample_sets(draw: st.DrawFn, history: RuleHistory) -> list[Sample]:
    """Give samples in their order, with ties and gaps, only where the rule holds."""
    gaps = st.sampled_from([0, 1, 1, 1, 2, 3, 3, 5, 8, 30])
    values = st.sampled_from([-6, -4, -2, -1, 0, 0, 1, 2, 4, 5, 6])
    now, found = 0, []
    drawn = draw(st.lists(st.tuples(gaps, values), min_size=1, max_size=40))
    for number, (gap, value) in enumerate(drawn):
        now += gap
        found.append(Sample(at(now), f"{number:044x}", float(value)))
    return [one for one in found if history.at(one.ts) is not None]


@st.composite
def schedules(draw: st.DrawFn, kind: Kind = "threshold") -> tuple[Any, list[Sample], Any]:
    history = draw(histories(kind))
    samples = draw(sample_sets(history))
    bound = draw(st.none() | st.integers(0, 400).map(at))
    return history, samples, bound
