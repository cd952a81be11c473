"""What of the alert function is set for a schedule: clocks that are wrong, and small limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from tests.simulation.code_under_test import WrongClock
from tests.simulation.seeded_random import Chance

_NEVER: Final = float("inf")
_ALWAYS: Final = 0.0
_SMALL: Final[dict[str, dict[str, Any]]] = {
    "functions.alert.store.states": {"BULK": 2, "MANY": 2},
    "functions.alert.store.alerts": {"BULK": 2, "PAGE": 3, "RANGES": 1},
    "functions.alert.store.readings": {"PAGE": 4, "FEW": 2, "RANGES": 1},
    "functions.alert.evaluation.evaluation": {"MANY": 8},
    "functions.alert.evaluation.device_fold": {"MOST": 12},
    "functions.alert.evaluation.checkpoints": {"KEPT": 3},
    "functions.alert.evaluation.rule_fold": {"EVERY": 3},
    "functions.alert.sweep": {"STEP": 2, "LONG": 6},
    "functions.alert.tick": {"DEVICES": 1},
}
_CLOCKS: Final = (
    "functions.alert.intake",
    "functions.alert.rules_in_force",
    "functions.alert.tick",
)


@contextmanager
def wrong_clocks_and_small_limits_of_alerts(chance: Chance, *, is_small: bool) -> Iterator[None]:
    """Let the code under test see wrong clocks, and now and then work in steps of a few."""
    settings: list[tuple[ModuleType, str, Any]] = [
        (module, "datetime", WrongClock)
        for module in map(import_module, (*_CLOCKS, *_SMALL))
        if hasattr(module, "datetime")
    ]
    if is_small:
        settings += [
            (import_module(name), limit, value)
            for name, small in _SMALL.items()
            for limit, value in small.items()
        ]
    slices = import_module("functions.alert.evaluation.slices")
    settings += [
        (slices, "SLICE_S", _ALWAYS if chance.happens(0.1) else _NEVER),
        (import_module("functions.alert.tick"), "BUDGET_S", _NEVER),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in settings]
    try:
        for module, name, value in settings:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
