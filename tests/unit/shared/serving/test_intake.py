"""How concurrent events of readings share one write."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.mongo.reading_store import Incoming
from shared.outcomes import PermanentError, TemporaryError
from shared.readings.cloud_event import CloudEvent
from shared.readings.reading_event import records_of
from shared.serving.intake import Intake
from tests.support.readings import NOW, accepted, at, delivered

EVENTS = [delivered(records_of([at(n), at(n + 1)], NOW)[0]) for n in (1, 3, 5)]


class Kept:
    """Keeps what it is given, but for the readings that are too late."""

    def __init__(self, too_late: frozenset[str] = frozenset()) -> None:
        self.groups: list[list[Incoming]] = []
        self._too_late = too_late

    async def keep(self, incoming: Sequence[Incoming]) -> frozenset[str]:
        self.groups.append(list(incoming))
        return self._too_late


async def taken(intake: Intake, events: Sequence[CloudEvent]) -> list[BaseException | None]:
    return await asyncio.gather(*(intake.take(one) for one in events), return_exceptions=True)


def test_readings_of_concurrent_events_are_kept_together() -> None:
    kept = Kept()

    outcomes = asyncio.run(taken(Intake(kept.keep, lambda: True), EVENTS))

    assert outcomes == [None, None, None]
    assert [[one.reading for one in group] for group in kept.groups] == [
        [at(n) for n in (1, 2, 3, 4, 5, 6)]
    ]
    assert {one.received_at for one in kept.groups[0]} == {NOW}


def test_an_event_with_readings_that_are_too_late_is_refused_alone() -> None:
    kept = Kept(frozenset({at(3).reading_id}))

    outcomes = asyncio.run(taken(Intake(kept.keep, lambda: True), EVENTS))

    assert [getattr(outcome, "reason", None) for outcome in outcomes] == [None, "too_late", None]


def test_what_is_no_event_of_readings_is_refused_before_anything_is_kept() -> None:
    kept = Kept()
    intake = Intake(kept.keep, lambda: True)

    with pytest.raises(PermanentError):
        asyncio.run(intake.take(CloudEvent({"type": "other"}, None, b"[]")))

    assert kept.groups == []


def test_an_event_without_a_clock_waits_alone_while_its_unique_index_is_built() -> None:
    """Until then nobody can tell that the same reading was stored before, at another time."""
    kept = Kept()
    without_a_clock = delivered(records_of([accepted(ts=None, id="7")], NOW)[0])
    events = [EVENTS[0], without_a_clock, EVENTS[1]]

    outcomes = asyncio.run(taken(Intake(kept.keep, lambda: False), events))

    assert [type(outcome) for outcome in outcomes] == [type(None), TemporaryError, type(None)]
    assert len(kept.groups[0]) == 4
