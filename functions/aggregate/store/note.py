"""A note of readings that are stored and not counted yet: what it holds, and its `_id`.

An `_id` says width, lane, generation (the number of shards), shard and the database's time, so a
lane reads a range of `_id`s and needs no other index. A lane is a matter of speed: every note
counts alike, whatever its lane.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zlib import crc32

import bson
from bson.codec_options import CodecOptions

from functions.aggregate.store.chunks import chunks
from functions.aggregate.store.pairs import Pair
from shared.mongo.collections import Document
from shared.readings.identity import EPOCH

LIVE: Final = "live"
LATE: Final = "late"
MAX_READINGS: Final = 500  # a note of readings with many sensors stays below a megabyte or two
AFTER_ALL: Final = "~"  # greater than every character that follows a prefix
_SECOND: Final = timedelta(seconds=1)
_DECODED: Final = CodecOptions[Document](document_class=dict, tz_aware=True)


class Lane(NamedTuple):
    """One lane of one shard: `name` is LIVE or LATE; `shards` is the generation."""

    name: str
    shards: int
    shard: int

    def prefix(self, window_seconds: int) -> str:
        """Return what the `_id` of each of its notes begins with."""
        return f"{window_seconds}s/{self.name}/{self.shards:02}/{self.shard:02}/"


@dataclass(slots=True)
class NewNotes:
    """What is to be noted of a kept batch, divided by lane."""

    shards: int
    readings: dict[tuple[str, int], list[Document]] = field(default_factory=dict)
    pairs: dict[tuple[str, int], set[Pair]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there is anything to be noted."""
        return bool(self.readings or self.pairs)

    def add(self, lane: str, reading: Document) -> None:
        """Note a reading that is stored as it stands here."""
        key = lane, shard_of(reading["device_id"], self.shards)
        self.readings.setdefault(key, []).append(reading)

    def add_pair(self, lane: str, pair: Pair) -> None:
        """Note a pair whose stored reading is another copy than the one that came."""
        self.pairs.setdefault((lane, shard_of(pair.device_id, self.shards)), set()).add(pair)

    def documents(self, window_seconds: int, clock: datetime) -> Iterator[Document]:
        """Return the notes, each of at most 500 readings; `clock` is the database's time."""
        for (name, shard), readings in self.readings.items():
            prefix = Lane(name, self.shards, shard).prefix(window_seconds)
            for some in chunks(readings, MAX_READINGS):
                yield {"_id": _note_id(prefix, clock), "readings": some}
        for (name, shard), pairs in self.pairs.items():
            prefix = Lane(name, self.shards, shard).prefix(window_seconds)
            for few in chunks(sorted(pairs), MAX_READINGS):
                windows = [
                    {"window_start": pair.window_start, "device_ids": [pair.device_id]}
                    for pair in few
                ]
                yield {"_id": _note_id(prefix, clock), "readings": [], "windows": windows}


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read; decoded when it is wanted, so that many do not hold the loop."""

    note_id: str
    raw: bytes

    def decoded(self) -> tuple[Sequence[Document], Sequence[Pair]]:
        """Return its readings, and the pairs that it names without a reading."""
        note = bson.decode(self.raw, _DECODED)
        return note["readings"], pairs_named_in(note)


def shard_of(device_id: str, shards: int) -> int:
    """Return the shard that counts the readings of this device."""
    return crc32(device_id.encode()) % shards


def pairs_named_in(note: Document) -> list[Pair]:
    """Return the pairs that a note names without a reading, as the version before named all."""
    return [
        Pair(device_id, window["window_start"])
        for window in note.get("windows", ())
        for device_id in window["device_ids"]
    ]


def time_in_id(clock: datetime) -> str:
    """Return the whole seconds from 1970 to `clock`, as they stand in a note's `_id`."""
    return f"{(clock - EPOCH) // _SECOND:010x}"


def written_at(note_id: str) -> datetime:
    """Return the database's time at which the note was written, from its `_id`."""
    return EPOCH + int(note_id.rsplit("/", 1)[1][:10], 16) * _SECOND


def _note_id(prefix: str, clock: datetime) -> str:
    return f"{prefix}{time_in_id(clock)}{uuid.uuid4().hex}"
