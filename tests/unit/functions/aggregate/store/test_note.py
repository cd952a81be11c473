"""A note: what it holds, and its id."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from hypothesis import given
from hypothesis import strategies as st

from functions.aggregate.store.note import (
    LATE,
    LIVE,
    MAX_READINGS,
    Lane,
    NewNotes,
    Note,
    shard_of,
    written_at,
)
from functions.aggregate.store.pairs import Pair

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _reading(n: int) -> dict[str, Any]:
    return {"_id": f"{n:044x}", "device_id": "a", "ts": NOON}


def test_readings_are_divided_by_lane_and_shard() -> None:
    new = NewNotes(64)
    new.add(LIVE, {"device_id": "a", "_id": "1"})
    new.add(LATE, {"device_id": "a", "_id": "2"})
    new.add_pair(LATE, Pair("b", NOON))

    documents = list(new.documents(60, NOON))

    a, b = shard_of("a", 64), shard_of("b", 64)
    prefixes = [document["_id"].rpartition("/")[0] for document in documents]
    assert prefixes == [f"60s/live/64/{a:02}", f"60s/late/64/{a:02}", f"60s/late/64/{b:02}"]
    assert documents[2]["windows"] == [{"window_start": NOON, "device_ids": ["b"]}]


def test_a_note_holds_a_bounded_number_of_readings() -> None:
    new = NewNotes(1)
    for n in range(MAX_READINGS + 1):
        new.add(LIVE, _reading(n))

    lengths = [len(document["readings"]) for document in new.documents(60, NOON)]

    assert lengths == [MAX_READINGS, 1]


def test_nothing_is_noted_of_nothing() -> None:
    assert not NewNotes(4)


@given(st.integers(0, 2**33))
def test_the_time_of_a_note_is_in_its_id_and_ids_of_a_lane_sort_by_it(seconds: int) -> None:
    new = NewNotes(1)
    new.add(LIVE, _reading(1))
    clock = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    (earlier,) = new.documents(60, clock)
    (later,) = new.documents(60, clock + timedelta(seconds=1))

    assert written_at(earlier["_id"]) == clock
    assert earlier["_id"] < later["_id"]
    assert earlier["_id"].startswith(Lane(LIVE, 1, 0).prefix(60))


def test_a_note_is_decoded_as_it_was_written() -> None:
    windows = [{"window_start": NOON, "device_ids": ["a", "b"]}]
    raw = bson.encode({"_id": "n", "readings": [_reading(1)], "windows": windows})

    readings, pairs = Note("n", raw).decoded()

    assert readings == [_reading(1)]
    assert pairs == [Pair("a", NOON), Pair("b", NOON)]


@given(st.text(min_size=1), st.integers(1, 64))
def test_a_device_is_in_one_shard(device_id: str, shards: int) -> None:
    assert 0 <= shard_of(device_id, shards) < shards
