"""Widening a device while another process inserts it."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from functions.aggregate.store.devices import DeviceFacts, widen
from shared.mongo.collections import DEVICES
from shared.outcomes import TemporaryError
from tests.support.readings import NOW

FACTS = DeviceFacts("d", NOW, {"_id": "1", "device_id": "d", "ts": NOW})
REFUSED = {"writeErrors": [{"index": 0, "code": 11000}], "writeConcernErrors": []}


class Racing:
    """A collection that refuses so many writes with a duplicate key."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals
        self.writes = 0

    async def bulk_write(self, _updates: list[Any], **_options: Any) -> None:
        self.writes += 1
        if self.left:
            self.left -= 1
            raise BulkWriteError(REFUSED)


def widened(refusals: int) -> Racing:
    racing = Racing(refusals)
    database: Any = {DEVICES: racing}
    nothing: Any = None
    asyncio.run(widen(database, nothing, [FACTS]))
    return racing


def test_a_device_that_another_process_has_just_inserted_is_written_again() -> None:
    assert widened(1).writes == 2


def test_a_device_that_others_insert_all_the_time_is_to_be_tried_again() -> None:
    with pytest.raises(TemporaryError, match="1 devices are being written by others"):
        widened(100)


def test_nothing_is_written_where_nothing_is_wider() -> None:
    nothing: Any = None

    asyncio.run(widen({}, nothing, []))  # type: ignore[arg-type]  # it is not looked at
