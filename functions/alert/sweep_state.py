"""How far the sweep is that folds every device again after the rules changed; pure.

It stands in the pointer to the rules in force. `since`: the event time from which on they changed;
`after`: the last device that is done; `phase`: devices, then rows (what the version before stored),
then none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

Document = dict[str, Any]
DEVICES: Final = "devices"
ROWS: Final = "rows"
DONE: Final = "done"


def begun(pointer: Mapping[str, Any] | None, since: datetime) -> Document:
    """Return a sweep that begins, for rules that changed from `since` on.

    One that is under way begins anew, from wherever either of them has to.
    """
    under_way = None if pointer is None else pointer["sweep"]
    if under_way is not None and under_way["phase"] == DEVICES:
        since = min(since, under_way["since"])
    return {"since": since, "after": "", "phase": DEVICES}


def past(sweep: Mapping[str, Any], device_id: str) -> Document:
    """Return the sweep when this device is done."""
    return {**sweep, "after": device_id}


def in_phase(sweep: Mapping[str, Any], phase: str) -> Document:
    """Return the sweep in another phase."""
    return {**sweep, "phase": phase}
