"""What of the code under test is set for a schedule? Clocks that are wrong, and small limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any, Final

import functions.aggregate.intake
import functions.aggregate.refresh.refresh_pass
import functions.aggregate.store.views
import functions.aggregate.window_summary
import functions.alert.alert_store
import functions.alert.intake
import shared.mongo.reading_store
from tests.simulation.seeded_random import Chance

MODULES: Final[tuple[ModuleType, ...]] = (
    functions.aggregate.intake,
    functions.aggregate.refresh.refresh_pass,
    functions.aggregate.store.views,
    functions.aggregate.window_summary,
    functions.alert.alert_store,
    functions.alert.intake,
    shared.mongo.reading_store,
)
_LIMITS: Final = ((functions.aggregate.store.views, "_BATCH"),)
_NOTES: Final = (
    (functions.aggregate.store.views, "MAX_NOTES"),
    (functions.aggregate.refresh.refresh_pass, "MAX_NOTES"),
)


class WrongClock(datetime):
    """A `datetime` whose `now` is the worker's own clock: off by minutes, each by another."""

    moment = datetime(1970, 1, 1, tzinfo=UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return cls.moment.astimezone(tz)

    @classmethod
    def set(cls, database_time: datetime, difference: timedelta) -> None:
        cls.moment = database_time + difference


@contextmanager
def wrong_clocks_and_small_limits(chance: Chance, *, is_race: bool = False) -> Iterator[None]:
    """Let the code under test see wrong clocks, and now and then work in batches of two."""
    settings: list[tuple[ModuleType, str, Any]] = [
        (module, "datetime", WrongClock) for module in MODULES if hasattr(module, "datetime")
    ]
    if chance.happens(0.5):
        settings += [(module, name, 2) for module, name in _LIMITS]
    if is_race or chance.happens(
        0.3
    ):  # two passes side by side at any time: the lease is for thrift only
        settings.append((functions.aggregate.store.views, "LEASE_MS", 0))
    if chance.happens(0.3):
        settings += [(module, name, 2) for module, name in _NOTES]
    before = [(module, name, getattr(module, name)) for module, name, _ in settings]
    try:
        for module, name, value in settings:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
