"""What was promised: the schedule's own log of what was published, and the check of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.mongo.collections import DEVICES, HOURS, NOTES, RAW, REFRESH, REFRESH_NOTES, VIEWS
from shared.mongo.reading_store import Incoming
from tests.simulation.code_under_test import HOUR_S
from tests.simulation.generated_readings import WIDTH_S
from tests.simulation.oracle import (
    Document,
    canonical,
    devices_of,
    hours_of,
    raw_of,
    views_of,
)

State = Mapping[str, Mapping[Any, Document]]


class Broken(AssertionError):  # noqa: N818 - names the outcome
    """A promise is broken; the message says which."""


@dataclass(slots=True)
class Ledger:
    """What was published: each reading's copies, by what makes them the same reading."""

    copies: dict[str, list[Incoming]] = field(default_factory=dict)

    def published(self, incoming: list[Incoming]) -> None:
        for one in incoming:
            self.copies.setdefault(identity_of(one), []).append(one)


def identity_of(one: Incoming) -> str:
    """Give what copies of a reading have in common: not the time, where ingest gave it."""
    reading = one.reading
    return reading.reading_id[12:] if reading.ts_assigned else reading.reading_id


def stored_as(state: State, one: Incoming) -> Document | None:
    """Give the stored reading that `one` is a copy of, looked for by brute force."""
    identity = identity_of(one)
    raws = state.get(RAW, {}).values()
    return next((raw for raw in raws if identity in (raw["_id"], raw.get("dedup"))), None)


def check_equals_recompute(
    state: State, ledger: Ledger, width_s: int = WIDTH_S, hour_s: int = HOUR_S
) -> None:
    """Raise Broken unless all that is stored is what the distinct readings give.

    Of copies that came at different times any may be the stored one; the rest follows from it.
    """
    raws = state.get(RAW, {})
    _expect("telemetry_raw", raws, _distinct(raws, ledger))
    _expect("aggregated_data", state.get(VIEWS, {}), views_of(raws.values(), width_s))
    views, made = state.get(VIEWS, {}), made_until(state, width_s)
    if made is not None:
        hours = hours_of(views.values(), width_s, hour_s, made)
        _expect("aggregated_hours", state.get(HOURS, {}), hours)
    _expect("devices", state.get(DEVICES, {}), devices_of(raws.values()))
    _expect("late_windows", state.get(NOTES, {}), {})
    _expect("refresh_notes", state.get(REFRESH_NOTES, {}), {})


def made_until(state: State, width_s: int = WIDTH_S) -> datetime | None:
    """Give the time up to which hours are made; None before any is."""
    hours = state.get(REFRESH, {}).get(f"refresh/{width_s}s/hours")
    return None if hours is None or hours["after"] else hours["position"]


def _distinct(raws: Mapping[Any, Document], ledger: Ledger) -> dict[str, Document]:
    """Give one document for each distinct reading: the stored copy, else the first."""
    expected = {}
    for copies in ledger.copies.values():
        documents = [raw_of(one.reading, one.received_at) for one in copies]
        chosen = next((one for one in documents if one == raws.get(one["_id"])), documents[0])
        expected[chosen["_id"]] = chosen
    return expected


def _expect(name: str, stored: Mapping[Any, Document], expected: Mapping[Any, Document]) -> None:
    found, wanted = canonical(stored), canonical(expected)
    if found == wanted:
        return
    lines = [f"{name} is not what the readings give:"]
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key) != wanted.get(key):
            lines += [f"  stored   {found.get(key)}", f"  expected {wanted.get(key)}"]
    raise Broken("\n".join(lines))
