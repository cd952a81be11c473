"""The levels of one rule for one device, and the episode they make as samples come and time passes.

An episode begins when a level fires and is over when none fires. While a level is pending from
before its end it can still go on: otherwise two alerts would overlap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from shared.alerts.rules.rule import Rule, Zone, zone
from shared.alerts.timeline import open_episode
from shared.alerts.timeline.episode import EndReason, Episode
from shared.alerts.timeline.flaps import STEADY
from shared.alerts.timeline.level_machine import (
    Event,
    after_sample,
    after_silence,
    due_of,
    ended_at,
    when_due,
)
from shared.alerts.timeline.limits import Limits
from shared.alerts.timeline.sample import Position, Sample
from shared.alerts.timeline.track import OK, End, LevelState, Track

MILLISECOND: Final = timedelta(milliseconds=1)
_AFTER_ALL_IDS: Final = "~"


class Levels:
    """The state of the levels; `finished` has the episodes that were over since it was made."""

    def __init__(self, rule: Rule, track: Track) -> None:
        self.finished: list[Episode] = []
        self.episode, self.flaps = track.episode, track.flaps
        self.held_at = track.held_at
        self._end = track.end
        self._states: list[LevelState] = []
        self._take_rule(rule, dict(track.levels))

    def copy(self) -> "Levels":
        """Return a copy without what was finished."""
        return Levels(self.rule, self.track())

    def track(self) -> Track:
        """Return the state, as a track without a position."""
        named = zip(self.rule.levels, self._states, strict=True)
        return Track(
            held_at=None if self.is_quiet else self.held_at,
            levels=tuple((level.name, state) for level, state in named if state is not OK),
            episode=self.episode,
            end=self._end,
            flaps=self.flaps,
        )

    @property
    def is_quiet(self) -> bool:
        """Whether all levels are OK, and no episode can go on."""
        return self.episode is None and all(state is OK for state in self._states)

    def take_version(self, rule: Rule, first: Sample) -> None:
        """Go on under another version of the rule, whose first sample this is.

        A level of the same name keeps its state, one that is no longer there ends.
        """
        named = zip(self.rule.levels, self._states, strict=True)
        states = {level.name: state for level, state in named}
        gone = states.keys() - {level.name for level in rule.levels}
        ends = [ended_at(states[n], first.ts, "rule_removed") for n in gone if states[n].is_active]
        self._take_rule(rule, states)
        self.flaps = STEADY
        self._take([(0, end) for end in ends])

    def see(self, sample: Sample) -> None:
        """Take in a sample; the time before it has passed."""
        events: list[tuple[int, Event]] = []
        for rank, level in enumerate(self.rule.levels):
            state, event = after_sample(level, self._states[rank], sample, self.limits)
            self._states[rank] = state
            if event is not None:
                events.append((rank, event))
        self.held_at = sample.ts
        self._take(events)
        if self.episode is not None and self._is_breach_of_active(sample.value):
            self.episode = open_episode.peaked(self.episode, sample.value, sample.ts, self.limits)
        self._finish((sample.ts, sample.reading_id))

    def see_nothing(self, sample: Sample) -> None:
        """Take in that the first sample of a version tells nothing: what was held is not known."""
        self._states = [after_silence(state) for state in self._states]
        self._finish((sample.ts, sample.reading_id))

    def pass_time(self, to: datetime) -> None:
        """Let time pass: the last value holds for `max_gap`, and then nothing is known."""
        if self.is_quiet:
            return
        self._pass_held(min(to, self._holds_until))
        if to > self._holds_until:
            self._fall_silent()

    def remove(self, at: datetime) -> None:
        """End everything: the rule holds no longer."""
        self.pass_time(at)
        self._end_all(at, "rule_removed")
        self._states = [OK] * len(self._states)
        self._finish((at - MILLISECOND, _AFTER_ALL_IDS))

    def due(self) -> datetime | None:
        """Return when time alone next changes the episode, as long as the rule holds."""
        if self.is_quiet:
            return None
        holds_until = self._holds_until
        found = [due for due in self._dues() if due is not None and due <= holds_until]
        if self.rule.resolve_on_silence and self.is_active:
            found.append(holds_until + MILLISECOND)
        return min(found, default=None)

    @property
    def is_active(self) -> bool:
        """Whether a level fires."""
        return any(state.is_active for state in self._states)

    def _take_rule(self, rule: Rule, states: Mapping[str, LevelState]) -> None:
        self.rule = rule
        self.limits = Limits.of(rule)
        self._states = [states.get(level.name, OK) for level in rule.levels]

    @property
    def _holds_until(self) -> datetime:
        assert self.held_at is not None
        return self.held_at + self.rule.max_gap

    def _dues(self) -> Sequence[datetime | None]:
        return [due_of(*pair) for pair in zip(self.rule.levels, self._states, strict=True)]

    def _is_breach_of_active(self, value: float) -> bool:
        levels = zip(self.rule.levels, self._states, strict=True)
        return any(state.is_active and zone(level, value) is Zone.BREACH for level, state in levels)

    def _pass_held(self, horizon: datetime) -> None:
        while True:
            dues = self._dues()
            due = min((one for one in dues if one is not None), default=None)
            if due is None or due > horizon:
                return
            events = []
            for rank, state in enumerate(self._states):
                if dues[rank] == due:
                    self._states[rank], event = when_due(state, due)
                    events.append((rank, event))
            self._take(events)
            self._finish((due - MILLISECOND, _AFTER_ALL_IDS))

    def _fall_silent(self) -> None:
        assert self.held_at is not None
        self._states = [after_silence(state) for state in self._states]
        if self.rule.resolve_on_silence:
            self._end_all(self.held_at, "no_data")
        self._finish((self._holds_until, _AFTER_ALL_IDS))

    def _end_all(self, at: datetime, reason: EndReason) -> None:
        active = [(rank, state) for rank, state in enumerate(self._states) if state.is_active]
        for rank, _ in active:
            self._states[rank] = OK
        self._take([(rank, ended_at(state, at, reason)) for rank, state in active])

    def _take(self, events: Sequence[tuple[int, Event]]) -> None:
        """Change the episode by what its levels did at one moment."""
        for _, event in sorted(events, key=_time_of):
            if isinstance(event, End):
                is_latest = self._end is None or event.at >= self._end.at
                self._end = event if is_latest else self._end
            elif self.episode is None:
                self.flaps = self.flaps.with_opening(event.at, self.rule)
                self.episode = open_episode.opened(self.rule, event, self.flaps)
            else:
                self.episode = open_episode.joined(self.episode, event, self.limits)
        if events and self.episode is not None:
            self.episode = open_episode.levelled(self.episode, self.rule, self._states, self._end)

    def _finish(self, settled: Position) -> None:
        """Let go of the episode where it has ended and no pending level is from before its end."""
        episode = self.episode
        if episode is None or episode.ended is None:
            return
        pending = [state.since for state in self._states if state.phase == "pending"]
        if any(since is not None and since <= episode.ended for since in pending):
            return
        is_settled = not pending
        self.finished.append(replace(episode, settled=settled) if is_settled else episode)
        self.episode = self._end = None


def _time_of(change: tuple[int, Event]) -> datetime:
    return change[1].at
