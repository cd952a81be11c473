"""Episodes as lines for people, and what differs between those expected and those found."""

from collections.abc import Sequence
from dataclasses import fields
from difflib import unified_diff

from shared.alerts.rules.message import number_text
from shared.alerts.timeline.episode import Episode
from shared.times import rfc3339


def line_of(episode: Episode) -> str:
    """Return one line: rule, highest level, from when to when, peak, and how it ended."""
    ended = "goes on" if episode.ended is None else f"{rfc3339(episode.ended)} {episode.end_reason}"
    started, fired = rfc3339(episode.started), rfc3339(episode.fired)
    return (
        f"{episode.rule_id} {episode.highest_severity}: {started} to {ended}, fired {fired}, "
        f"peak {number_text(episode.peak)}"
    )


def details_of(episode: Episode) -> Sequence[str]:
    """Return every field of an episode on a line of its own."""
    lines = [f"  {field.name}: {getattr(episode, field.name)!r}" for field in fields(episode)]
    return [line_of(episode), *lines]


def difference_of(expected: Sequence[str], found: Sequence[str]) -> Sequence[str]:
    """Return the lines that differ, `-` before those expected and `+` before those found."""
    lines = unified_diff(expected, found, "expected", "found", lineterm="")
    return list(lines)
