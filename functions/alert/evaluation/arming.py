"""Arming devices: from then on, whoever stores a reading of one folds it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from functions.alert.device_state import DeviceState
from functions.alert.store.states import StateStore


def is_armed(state: DeviceState) -> bool:
    """Return whether it is stored as armed."""
    return state.rev > 0 and state.is_armed


async def arm(store: StateStore, states: Iterable[DeviceState]) -> Mapping[str, DeviceState]:
    """Arm those of these devices that are not, for good; return them but for those others wrote.

    They can be folded at once, by the rules that were read with the states. Where newer ones were
    published since, their sweep comes by, and arms each device: of its commit and the one that
    follows here, the later is refused, or the sweep finds this one.
    """
    to_arm = [replace(one.armed(), pending=()) for one in states if not is_armed(one)]
    refused = await store.replace(to_arm)
    return {one.device_id: one for one in to_arm if one.device_id not in refused}
