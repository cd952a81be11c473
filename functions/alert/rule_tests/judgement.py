"""Whether the rules raise the alerts that a test expects; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Final

from functions.alert.episode_text import difference_of
from functions.alert.rule_tests.rule_test import ExpectedAlert, GivenReading, RuleTest
from shared.alerts.rules.history import RuleHistory
from shared.alerts.rules.message import number_text
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.sample import in_order, samples_of
from shared.alerts.timeline.track import START
from shared.readings.reading import HUMIDITY, TEMPERATURE
from shared.times import span_text

_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)  # any: what is expected is relative to it


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a test: the lines that differ, none where it holds."""

    name: str
    difference: Sequence[str]


def judged(test: RuleTest, histories: Mapping[str, RuleHistory]) -> Judgement:
    """Return whether these rules raise the alerts that the test expects, and no other.

    A rule that the test names and that is not there is a difference.
    """
    names = sorted(histories) if test.rules is None else test.rules
    unknown = [f"there is no rule {name!r}" for name in names if name not in histories]
    if unknown:
        return Judgement(test.name, unknown)
    documents = sorted(_documents_of(test.readings), key=lambda each: (each["ts"], each["_id"]))
    bound = None if test.until is None else _BEGIN + test.until
    found = [
        episode
        for name in names
        for episode in run(
            histories[name], START, in_order(samples_of(histories[name], documents)), bound
        ).episodes
    ]
    found.sort(key=lambda episode: (episode.started, episode.rule_id))
    expected = sorted(test.expect, key=lambda each: (each.started, each.rule))
    return Judgement(test.name, _difference(expected, found))


def _documents_of(readings: Sequence[GivenReading]) -> Iterator[dict[str, Any]]:
    number = 0
    for given in readings:
        named = {name: given.values.get(name) for name in (TEMPERATURE, HUMIDITY)}
        for at in given.times():
            received = at if given.received is None else given.received
            number += 1
            yield {
                "_id": f"{number:044x}",
                "ts": _BEGIN + at,
                "received_at": _BEGIN + received,
                "measurements": given.values,
                **named,
            }


def _difference(expected: Sequence[ExpectedAlert], found: Sequence[Episode]) -> Sequence[str]:
    pairs = list(zip_longest(expected, found))
    wanted = [_line(_said(one)) for one, _ in pairs if one is not None]
    raised = [_line(_shown(episode, one)) for one, episode in pairs if episode is not None]
    return difference_of(wanted, raised)


def _said(alert: ExpectedAlert) -> Mapping[str, str]:
    spans = {"started": alert.started, "fired": alert.fired, "ended": alert.ended}
    texts = {name: span_text(span) for name, span in spans.items() if span is not None}
    said = {"rule": alert.rule, "ended": "goes on", **texts}
    others = {"reason": alert.reason, "severity": alert.severity}
    said.update((name, text) for name, text in others.items() if text is not None)
    return said if alert.peak is None else {**said, "peak": number_text(alert.peak)}


def _shown(episode: Episode, like: ExpectedAlert | None) -> Mapping[str, str]:
    """Return what the episode is, of that which is said of the one expected in its place."""
    ended = "goes on" if episode.ended is None else span_text(episode.ended - _BEGIN)
    shown = {
        "rule": episode.rule_id,
        "ended": ended,
        "started": span_text(episode.started - _BEGIN),
        "fired": span_text(episode.fired - _BEGIN),
        "reason": str(episode.end_reason),
        "severity": episode.highest_severity,
        "peak": number_text(episode.peak),
    }
    return shown if like is None else {name: shown[name] for name in _said(like)}


def _line(said: Mapping[str, str]) -> str:
    order = ("rule", "started", "fired", "ended", "reason", "severity", "peak")
    return ", ".join(f"{name} {said[name]}" for name in order if name in said)
