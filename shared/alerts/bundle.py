"""The bundle: all that one timeline was made of, as JSON, and the timeline that it made.

The dashboard gives it (`GET /alerts/{id}/explain`); `python -m functions.alert.replay` makes the
timeline again from it alone, and compares.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.rule import Rule
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.explain import Step, explain
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.sample import Sample
from shared.alerts.timeline.track import START, Track


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BundledStep(_Part):
    """What the rule said from an event time on; None where it did not hold."""

    valid_from: AwareDatetime
    rule: Rule | None


class BundledReading(_Part):
    """A reading as the rule saw it: the value of its sensor, at its time."""

    ts: AwareDatetime
    reading_id: str
    value: Annotated[float, Field(allow_inf_nan=False)]


class Bundle(_Part):
    """One rule's timeline for one device: what it is made of, then `episodes` and `steps`.

    `start` is the state from which it was folded, before the first of `readings`. `bound` is the
    event time to which time had passed. `rule` has the versions in the order of their times.
    `alert_id` and `notes` are for people: the alert that is explained, and what the bundle is not.
    """

    version: Literal[1] = 1
    device_id: str
    rule_id: str
    rule: tuple[BundledStep, ...]
    start: Track = START
    readings: tuple[BundledReading, ...]
    bound: AwareDatetime | None
    episodes: tuple[Episode, ...]
    steps: tuple[Step, ...]
    alert_id: str | None = None
    notes: tuple[str, ...] = ()


def bundle_of(
    device_id: str,
    history: RuleHistory,
    samples: Sequence[Sample],
    bound: datetime | None,
    start: Track = START,
) -> Bundle:
    """Return the bundle of a fold of the samples, which are in their order, from `start`."""
    return Bundle(
        device_id=device_id,
        rule_id=history.rule_id,
        rule=tuple(BundledStep(valid_from=time, rule=rule) for time, rule in history.steps),
        start=start,
        readings=tuple(BundledReading.model_validate(one._asdict()) for one in samples),
        bound=bound,
        episodes=run(history, start, samples, bound).episodes,
        steps=tuple(explain(history, start, samples, bound)),
    )


def replayed(bundle: Bundle) -> Bundle:
    """Return the bundle that the same readings, rule and bound make now."""
    history = RuleHistory(bundle.rule_id, tuple((one.valid_from, one.rule) for one in bundle.rule))
    samples = [Sample(one.ts, one.reading_id, one.value) for one in bundle.readings]
    made = bundle_of(bundle.device_id, history, samples, bundle.bound, bundle.start)
    return made.model_copy(update={"alert_id": bundle.alert_id, "notes": bundle.notes})
