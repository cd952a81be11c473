"""What aggregate does with an event: a tick completes a refresh, readings are kept."""

import asyncio
from types import SimpleNamespace
from typing import Any

from functions.aggregate.function import AggregateHandler
from shared.readings.cloud_event import CloudEvent
from shared.settings import AggregateSettings


class Refresher:
    """Notes the passes that were waited for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def next_pass(self, timeout_s: float) -> None:
        self.waits.append(timeout_s)


def test_a_tick_is_done_when_a_refresh_is_complete() -> None:
    refresher: Any = Refresher()
    mongo: Any = SimpleNamespace(holds_dedup_unique=True)
    handler = AggregateHandler(mongo, AggregateSettings(), refresher)

    asyncio.run(handler.handle(CloudEvent({"type": "dev.knative.sources.ping"}, None, b"{}")))

    assert len(refresher.waits) == 1
