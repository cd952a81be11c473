"""What of the code under test is set for a schedule: clocks that are wrong, and small limits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from tests.simulation.seeded_random import Chance

_NAMES: Final = (
    "functions.aggregate.hour_summary",
    "functions.aggregate.intake",
    "functions.aggregate.refresh.counting",
    "functions.aggregate.refresh.full_reads",
    "functions.aggregate.refresh.hour_scan",
    "functions.aggregate.refresh.hour_writes",
    "functions.aggregate.refresh.lanes",
    "functions.aggregate.refresh.read_plan",
    "functions.aggregate.refresh.remembered",
    "functions.aggregate.refresh.scan",
    "functions.aggregate.refresh.slices",
    "functions.aggregate.refresh.view_writes",
    "functions.aggregate.refresh.window_scan",
    "functions.aggregate.store.devices",
    "functions.aggregate.store.guarded_writes",
    "functions.aggregate.store.hours",
    "functions.aggregate.store.late_windows",
    "functions.aggregate.store.leases",
    "functions.aggregate.store.note",
    "functions.aggregate.store.notes",
    "functions.aggregate.store.readings",
    "functions.aggregate.store.state",
    "functions.aggregate.store.views",
    "functions.aggregate.window_summary",
    "shared.mongo.reading_store",
    "shared.readings.windows",
)
MODULES: Final = {name.rpartition(".")[2]: import_module(name) for name in _NAMES}
_SMALL: Final = {
    "counting": {"PAIRS": 2, "_HELD": 1},
    "devices": {"_BULK": 2},
    "full_reads": {"MAX_READINGS": 3, "MAX_HELD": 3, "_RANGES": 2},
    "hour_scan": {"DEVICES": 1, "MANY": 1},
    "hour_writes": {"_PAIRS": 2},
    "hours": {"_BULK": 2, "_PAGE": 3},
    "lanes": {"STEP": 3, "FIRST_PAGE": 2, "MAX_PAGE": 2},
    "late_windows": {"_PAGE": 1},
    "note": {"MAX_READINGS": 2},
    "notes": {"PAGE": 2},
    "read_plan": {"MANY_DEVICES": 1},
    "readings": {"PAGE": 3},
    "view_writes": {"BULK": 2},
    "views": {"BULK": 2, "_PAGE": 3, "_MANY": 6},
    "window_scan": {"STEP": 4, "MAX_HELD": 4, "_DEVICES": 1},
}
MOST_EXAMINED: Final = 20  # documents in one operation, where limits are small
HOUR_S: Final = 180  # short hours, of three windows: many are over in a schedule
FOLLOWED_S: Final = 310  # readings of a schedule are up to so much ahead
_ALWAYS: Final = 0.0
_NEVER: Final = float("inf")


class WrongClock(datetime):
    """A `datetime` whose `now` is the worker's own clock: off by minutes, each by another."""

    moment = datetime(1970, 1, 1, tzinfo=UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return cls.moment.astimezone(tz)

    @classmethod
    def set(cls, database_time: datetime, difference: timedelta) -> None:
        cls.moment = database_time + difference


class _Uuids:
    """Stands for the module `uuid`: what is random is the schedule's own."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def uuid4(self) -> "_Uuids":
        return self

    @property
    def hex(self) -> str:
        return f"{self._chance.below(1 << 48):012x}"


@contextmanager
def wrong_clocks_and_small_limits(
    chance: Chance, *, is_small: bool = False, kind: str = "any"
) -> Iterator[None]:
    """Let the code under test see wrong clocks, and now and then work in steps of two or three.

    `is_small`: the limits are as small as the server's patience.
    """
    settings: list[tuple[ModuleType, str, Any]] = [
        (module, "datetime", WrongClock)
        for module in MODULES.values()
        if hasattr(module, "datetime")
    ]
    settings.append((MODULES["note"], "uuid", _Uuids(chance)))
    if is_small:
        settings += [(MODULES[m], n, v) for m, small in _SMALL.items() for n, v in small.items()]
    if kind in ("new", "hot") or chance.happens(0.3):
        # Several side by side at any time: the lease is for thrift only.
        settings.append((MODULES["leases"], "LEASE_MS", 0))
    settings += _hours_of(HOUR_S)
    weight = chance.one_of((0, 25, 100_000, 100_000))
    settings += [
        (MODULES["remembered"], "MAX_WEIGHT", weight),
        (MODULES["slices"], "SLICE_S", _ALWAYS if chance.happens(0.1) else _NEVER),
        (MODULES["scan"], "FOLLOWED", timedelta(seconds=FOLLOWED_S)),
    ]
    with _set(settings):
        yield


@contextmanager
def hours_of_seconds(seconds: int) -> Iterator[None]:
    """Let hours be as short as this."""
    with _set(_hours_of(seconds)):
        yield


def _hours_of(seconds: int) -> list[tuple[ModuleType, str, Any]]:
    found: list[tuple[ModuleType, str, Any]] = [
        (module, "HOUR", timedelta(seconds=seconds))
        for module in MODULES.values()
        if hasattr(module, "HOUR")
    ]
    return [*found, (MODULES["windows"], "HOUR_S", seconds)]


@contextmanager
def _set(settings: Sequence[tuple[ModuleType, str, Any]]) -> Iterator[None]:
    before = [(module, name, getattr(module, name)) for module, name, _ in settings]
    try:
        for module, name, value in settings:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
