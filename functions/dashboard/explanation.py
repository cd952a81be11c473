"""From a stored alert to what explains it: which readings, up to which time, and their fold; pure.

What ended is folded to the time at which that was decided, and no further: what came after belongs
to other alerts. What goes on is folded to now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.alerts.bundle import Bundle, bundle_of
from shared.alerts.rules.history import RuleBook, RuleHistory
from shared.alerts.rules.rule import Rule
from shared.alerts.timeline.sample import samples_of
from shared.readings.identity import EPOCH, TIME_LENGTH

_AHEAD: Final = timedelta(days=1)  # readings may be of a clock that is ahead
_MOMENT: Final = timedelta(milliseconds=1)
_COMPARED: Final = ("started", "fired", "ended", "peak")


class Unexplained(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """What an alert was made of is not known; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Span:
    """The readings that explain an alert: from `start` to `end`, both included.

    By the times of their receipt or by their own. Time passes to `bound`.
    """

    start: datetime
    end: datetime
    bound: datetime
    is_by_receipt: bool


def history_of(alert: Mapping[str, Any], revisions: Iterable[Mapping[str, Any]]) -> RuleHistory:
    """Return what the alert's rule said of its device at each time.

    Raise Unexplained where that is not known: an alert of 0.1.0, or rules that are not stored.
    """
    if alert.get("rule_id") is None:
        raise Unexplained("it is of a version that raised an alert for each reading, by no rule")
    histories = RuleBook.from_documents(revisions).histories_for(alert["device_id"])
    history = histories.get(alert["rule_id"])
    if history is None or _fired_by(alert, history) is None:
        raise Unexplained(f"the rule {alert['rule_id']} of that time is not stored")
    return history


def spans_of(alert: Mapping[str, Any], history: RuleHistory, now: datetime) -> Sequence[Span]:
    """Return the readings, and the time to which it passes, that explain the alert at `now`.

    The second is for where the first does not: a silence that only the next version of the rule
    ends is known to be one with the first reading of that, whenever that comes.
    """
    rule = _fired_by(alert, history)
    assert rule is not None
    start, is_by_receipt = alert["started"], rule.kind == "offline"
    bound = max(now - rule.grace, alert["fired"])
    whole = Span(start, bound + _AHEAD, bound, is_by_receipt)
    if alert["ended"] is None:
        return (whole,)
    end = _decided(alert, history)
    return Span(start, end, end, is_by_receipt), whole


def is_explained(alert: Mapping[str, Any], bundle: Bundle) -> bool:
    """Return whether the alert is one of the bundle's episodes."""
    return any(
        all(alert.get(name) == getattr(one, name) for name in _COMPARED) for one in bundle.episodes
    )


def explanation_of(
    alert: Mapping[str, Any],
    history: RuleHistory,
    readings: Sequence[Mapping[str, Any]],
    bound: datetime,
    cut_at: int | None,
) -> Bundle:
    """Return the fold of the readings; its notes say where it is not of all, or differs.

    `cut_at` is how many readings were taken where there are more, else None.
    """
    samples = list(samples_of(history, readings))
    notes = []
    if cut_at is not None:
        bound = min(bound, samples[-1].ts) if samples else bound
        notes.append(f"cut: of more than {cut_at} readings only the first {cut_at} are here")
    bundle = bundle_of(alert["device_id"], history, samples, bound)
    if cut_at is None and not is_explained(alert, bundle):
        notes.append(
            "differs: the stored alert is not among these episodes; the next tick, or the audit of"
            " alerts, brings them together"
        )
    return bundle.model_copy(update={"alert_id": alert["_id"], "notes": tuple(notes)})


def _fired_by(alert: Mapping[str, Any], history: RuleHistory) -> Rule | None:
    rules = [rule for _, rule in history.steps if rule is not None]
    return next((rule for rule in rules if rule.version == alert["rule_version"]), None)


def _decided(alert: Mapping[str, Any], history: RuleHistory) -> datetime:
    """Return when it was decided that the alert had ended, and how.

    That is where it settled. Without such a place, since another level was pending by then, it is
    when every level had been clear, or could have fired, for as long as it takes.
    """
    if alert["settled"] is not None:
        settled: datetime = alert["settled"][0]
        return settled + _MOMENT
    levels = [level for _, rule in history.steps if rule is not None for level in rule.levels]
    longest = max(level.hold + level.clear_hold for level in levels)
    ended: datetime = alert["ended"]
    closing = [_time_of(reading_id) for reading_id in alert["closed_by"]]
    return max([ended + longest, *closing])


def _time_of(reading_id: str) -> datetime:
    return EPOCH + timedelta(milliseconds=int(reading_id[:TIME_LENGTH], 16))
