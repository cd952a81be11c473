"""What a new timeline does to the alerts that are stored of the old one."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from typing import Final, Literal

from shared.alerts.timeline.episode import Episode
from shared.readings.identity import microseconds_of

Kind = Literal[
    "opened",
    "late_opened",
    "amended",
    "escalated",
    "deescalated",
    "resolved",
    "reopened",
    "retracted",
]
_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """An alert as it is stored; `is_retracted` where later readings said that it never was."""

    uid: str
    episode: Episode
    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one alert: `episode` is what it is now, None where it is retracted.

    `before` is what it was, None where it is new. `late_opened` is one that was over when it was
    found.
    """

    kind: Kind
    uid: str
    episode: Episode | None
    before: Episode | None


def changes(
    device_id: str,
    stored: Sequence[StoredEpisode],
    episodes: Sequence[Episode],
    taken: Iterable[str] = (),
) -> Sequence[Change]:
    """Return what makes the stored alerts of one rule and device those of the new timeline.

    Both are of the same span of time; `episodes` are in order, as a fold gives them. An alert keeps
    its uid through changes: that of the largest overlap, of equal ones the earliest. Living alerts
    come before retracted ones, which live again where an episode of their time is back. What does
    not differ has no change. `taken`: the uids of alerts that are not among `stored`; of
    `uid_of(device_id, episode)` they alone matter.
    """
    found = _matched([one for one in stored if not one.is_retracted], episodes, ())
    kept = {one.uid for one in found.values()}
    found |= _matched([one for one in stored if one.is_retracted], episodes, found.keys())
    uids = {*taken, *(one.uid for one in stored)}
    made = [
        Change("retracted", one.uid, None, one.episode)
        for one in stored
        if not one.is_retracted and one.uid not in kept
    ]
    for index, episode in enumerate(episodes):
        change = _changed(found[index], episode) if index in found else None
        if index not in found:
            change = _made(_free_uid(device_id, episode, uids), episode)
            uids.add(change.uid)
        if change is not None:
            made.append(change)
    return made


def uid_of(device_id: str, episode: Episode, attempt: int = 0) -> str:
    """Return the uid of an episode that is new: 32 hex digits of what it is and when it started."""
    text = f"{device_id}|{episode.rule_id}|{microseconds_of(episode.started)}"
    text += f"|{attempt}" if attempt else ""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _matched(
    stored: Sequence[StoredEpisode], episodes: Sequence[Episode], without: Collection[int]
) -> dict[int, StoredEpisode]:
    """Return for episodes, by their index, the stored one that each continues."""
    overlaps = [
        (_overlap(one.episode, episodes[index]), one, index)
        for one in stored
        for index in _common(one.episode, episodes)
        if index not in without
    ]
    overlaps.sort(key=lambda each: (-each[0], each[1].episode.started, each[1].uid, each[2]))
    found: dict[int, StoredEpisode] = {}
    used: set[str] = set()
    for _, one, index in overlaps:
        if index not in found and one.uid not in used:
            found[index] = one
            used.add(one.uid)
    return found


def _common(one: Episode, episodes: Sequence[Episode]) -> range:
    """Return the indexes of the episodes with which it has a moment in common."""
    first = bisect_left(episodes, one.started, key=_end)
    return range(first, bisect_right(episodes, _end(one), lo=first, key=_start))


def _overlap(one: Episode, other: Episode) -> timedelta:
    return min(_end(one), _end(other)) - max(one.started, other.started)


def _start(episode: Episode) -> datetime:
    return episode.started


def _end(episode: Episode) -> datetime:
    return episode.ended or _FOREVER


def _made(uid: str, episode: Episode) -> Change:
    return Change("opened" if episode.is_open else "late_opened", uid, episode, None)


def _changed(stored: StoredEpisode, episode: Episode) -> Change | None:
    before = stored.episode
    if stored.is_retracted:
        return Change("reopened" if episode.is_open else "late_opened", stored.uid, episode, before)
    if before == episode:
        return None
    return Change(_kind(before, episode), stored.uid, episode, before)


def _kind(before: Episode, now: Episode) -> Kind:
    if before.is_open and not now.is_open:
        return "resolved"
    if now.is_open and not before.is_open:
        return "reopened"
    if now.is_open and now.rank != before.rank:
        return "escalated" if now.rank > before.rank else "deescalated"
    return "amended"


def _free_uid(device_id: str, episode: Episode, taken: Collection[str]) -> str:
    uids = (uid_of(device_id, episode, attempt) for attempt in count())
    return next(uid for uid in uids if uid not in taken)
