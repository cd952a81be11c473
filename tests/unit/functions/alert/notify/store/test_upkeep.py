"""A repeat is enqueued by one of several ticks."""

import asyncio
from types import SimpleNamespace
from typing import Any

from functions.alert.notify.store.upkeep import take_repeats
from shared.mongo.collections import OUTBOX
from tests.support.notices import NOON


class Taken:
    """A collection whose rows another tick has taken since they were found."""

    def find(self, *_: Any, **__: Any) -> Any:
        return self

    async def to_list(self) -> list[dict[str, Any]]:
        return [{"_id": "r1", "repeat_at": NOON}]

    async def update_one(self, *_: Any) -> Any:
        return SimpleNamespace(matched_count=0)


def test_what_another_tick_has_taken_is_left_to_it() -> None:
    database: Any = {OUTBOX: Taken()}

    assert asyncio.run(take_repeats(database, ["oncall"], NOON)) == []
