"""Making the hours that the horizon has passed, one after the other, device by device."""

from datetime import datetime
from typing import Final

from functions.aggregate.refresh.hour_writes import HourWrites
from functions.aggregate.refresh.scan import is_done
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.hours import HourStore, hours_id
from functions.aggregate.store.state import State
from shared.mongo.collections import Document
from shared.mongo.database import Session
from shared.readings.identity import EPOCH
from shared.readings.windows import HOUR, has_hours, hour_of

DEVICES: Final = 100  # of a step
MANY: Final = 6_000  # views held at once


class HourScan:
    """The scan of one process; a lease says which process makes hours."""

    def __init__(self, this: Refresh) -> None:
        self._this = this

    async def step(self) -> bool | None:
        """Make the hours of some devices; return whether nothing is left to be made for now.

        None: another process has the lease. Raise TemporaryError where the database fails; doing it
        again completes it.
        """
        this = self._this
        if not has_hours(this.width):
            return True
        async with this.database.client.start_session(causal_consistency=True) as session:
            summary = await State(this.database, session, this.width).summary()
            if not is_done(summary):
                return True  # who writes views without taking them in may still be at work
            store = HourStore(this.database, session, this.width)
            if _is_at_end(await store.state(), summary):
                return True
            taken = await this.leases.take(session, hours_id(this.width))
            if taken is None:
                return None
            position, after = _next(taken, summary)
            if not after:
                position = await _first(store, position, summary["horizon"])
            if position + HOUR <= summary["horizon"]:
                position, after = await self._make(session, store, position, after)
            await store.save_state(position, after, _begun(summary), this.owner)
        return False

    async def _make(
        self, session: Session, store: HourStore, position: datetime, after: str
    ) -> tuple[datetime, str]:
        """Make an hour of the next devices; return where to go on."""
        device_ids = await store.devices_after(after, DEVICES)
        writes = HourWrites(self._this.database, session, self._this.width)
        views: list[Document] = []
        for device_id in device_ids:
            views += await store.views_of_hour(position, device_id)
            if len(views) > MANY:
                await writes.make(views)
                views = []
        await writes.make(views)
        return (position, device_ids[-1]) if len(device_ids) == DEVICES else (position + HOUR, "")


def _next(state: Document, summary: Document) -> tuple[datetime, str]:
    """Return where to go on: from the beginning, if the version before has been at work since."""
    is_same = state["begun"] == _begun(summary)
    return (state["position"], state["after"]) if is_same else (EPOCH, "")


def _is_at_end(state: Document, summary: Document) -> bool:
    position, after = _next(state, summary)
    return not after and bool(position + HOUR > summary["horizon"])


def _begun(summary: Document) -> datetime:
    begun: datetime = summary["scan"].get("begun", EPOCH)
    return begun


async def _first(store: HourStore, position: datetime, horizon: datetime) -> datetime:
    """Return the first hour from `position` on with a view, or that of the horizon before it."""
    first = await store.first_view_from(position)
    last = max(hour_of(horizon), position)
    return last if first is None else min(hour_of(first), last)
