"""What becomes of an arrival where the database does not confirm it."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from functions.dlq.dead_letter_store import keep_dead_letter
from functions.dlq.failure_report import report_of
from shared.outcomes import TemporaryError
from shared.readings.cloud_event import CloudEvent
from tests.support.readings import NOW

LETTER = CloudEvent({"knativekafkapartition": "0", "knativekafkaoffset": "7"}, None, b"")


class Letters:
    """Has the letter, by a write that no majority holds until it was looked for `unseen` times."""

    def __init__(self, unseen: int) -> None:
        self.unseen = unseen

    async def update_one(self, *_: Any, **__: Any) -> None:
        raise DuplicateKeyError("E11000")

    async def find_one(self, *_: Any) -> dict[str, Any] | None:
        self.unseen -= 1
        return None if self.unseen >= 0 else {"_id": "x"}


def kept(letters: Letters) -> bool:
    database: Any = {"dead_letters": letters}
    return asyncio.run(keep_dead_letter(database, LETTER, report_of(LETTER), NOW))


@pytest.mark.parametrize("unseen", [0, 2])
def test_a_letter_that_is_there_with_this_arrival_is_not_new(unseen: int) -> None:
    assert not kept(Letters(unseen))


def test_one_that_no_majority_confirms_is_to_be_tried_again() -> None:
    with pytest.raises(TemporaryError, match="keep_dead_letter"):
        kept(Letters(3))
