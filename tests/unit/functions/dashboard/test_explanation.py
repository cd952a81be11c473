"""The explanation of an alert, from the readings around it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from functions.dashboard.explanation import (
    explanation_of,
    is_explained,
    spans_of,
)
from shared.alerts.bundle import Bundle, replayed
from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.revisions import BEGINNING
from shared.alerts.rules.rule import GRACE, Kind, Level, Rule
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import START
from shared.readings.identity import microseconds_of
from tests.support.alert_schedules import KINDS, schedules
from tests.support.readings import QUICK

Document = dict[str, Any]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EPISODE: TypeAdapter[Episode] = TypeAdapter(Episode)
BEFORE = 20


@st.composite
def stored(draw: st.DrawFn, kind: Kind) -> tuple[RuleHistory, list[Document], datetime, Any]:
    """Give a rule, a device's readings, the bound of time, and one of the episodes they make."""
    history, samples, bound = draw(schedules(kind).filter(lambda drawn: drawn[1]))
    samples = [with_time_in_id(one) for one in samples]
    bound = bound or samples[-1].ts
    episodes = run(history, START, samples, bound).episodes
    assume(episodes)
    return history, [reading_of(one) for one in samples], bound, draw(st.sampled_from(episodes))


def with_time_in_id(sample: Sample) -> Sample:
    milliseconds = microseconds_of(sample.ts) // 1000
    return sample._replace(reading_id=f"{milliseconds:012x}{sample.reading_id[-32:]}")


def reading_of(sample: Sample) -> Document:
    times = {"ts": sample.ts, "received_at": sample.ts}
    return {"_id": sample.reading_id, **times, "measurements": {"t": sample.value}}


def alert_of(episode: Episode) -> Document:
    fields: Document = EPISODE.dump_python(episode)
    return {"_id": "a", "device_id": "d", **fields}


def explained(
    history: RuleHistory, readings: Sequence[Mapping[str, Any]], bound: datetime, alert: Document
) -> Bundle:
    """Explain as the route does: from the readings of a span, and some before it."""
    for span in spans_of(alert, history, bound + GRACE):
        inside = [one for one in readings if span.start <= one["ts"] <= span.end]
        before = [] if span.is_by_receipt else [one for one in readings if one["ts"] < span.start]
        around = [*before[-BEFORE:], *inside]
        bundle = explanation_of(alert, history, around, span.bound, None)
        if is_explained(alert, bundle):
            break
    return bundle


@pytest.mark.parametrize("kind", KINDS)
@settings(QUICK, max_examples=15, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_the_readings_around_an_alert_lead_to_it_again(kind: Kind, data: st.DataObject) -> None:
    """Whatever its rule: holds, gaps, versions, a rule that was removed, silence, rates."""
    history, readings, bound, episode = data.draw(stored(kind))

    bundle = explained(history, readings, bound, alert_of(episode))

    assert bundle.notes == ()
    assert bundle.alert_id == "a"
    assert replayed(Bundle.model_validate_json(bundle.model_dump_json())) == bundle


def test_an_alert_that_did_not_settle_is_explained_by_all_that_could_matter_to_its_end() -> None:
    """Another level was pending when its last one ended: it was decided when that had its time."""
    at = [NOON + timedelta(seconds=second) for second in range(0, 40, 10)]
    level = Level(name="warning", high=50.0, hold=timedelta(seconds=5), clear_hold=timedelta(0))
    rule = Rule(rule_id="hot", kind="threshold", alert_type="t_high", levels=(level,), sensor="t")
    closing = f"{microseconds_of(at[2]) // 1000:012x}{'0' * 32}"
    ended = {"started": at[0], "fired": at[1], "ended": at[2], "settled": None}
    alert: Document = {"closed_by": [closing], "rule_version": rule.version, **ended}

    narrow, whole = spans_of(alert, RuleHistory("hot", ((BEGINNING, rule),)), at[3])

    assert narrow.end == at[2] + timedelta(seconds=5)
    assert whole.end > at[3]
