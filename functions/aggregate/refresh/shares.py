"""Which shards this process refreshes: its share of them, while other processes live."""

from collections.abc import Collection
from datetime import datetime

from functions.aggregate.refresh.scan import holds_lanes
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.note import LATE, LIVE, Lane
from functions.aggregate.store.notes import Notes
from functions.aggregate.store.readings import ReadingPages
from functions.aggregate.store.state import State, instances_prefix, shard_id, summary_id
from shared import metrics
from shared.mongo.database import Session
from shared.mongo.reading_store import clock_of
from shared.readings.identity import first_id_at

Shard = tuple[int, int]  # the number of shards, and which of them


class Shares:
    """The shards that this process holds. They stay with it: what it remembers is worth a lot."""

    def __init__(self, this: Refresh) -> None:
        self._this = this
        self._instance_id = f"{instances_prefix(this.width)}{this.owner}"
        self.held: set[Shard] = set()
        self.late_at: Shard | None = None  # whose late notes are being counted now

    async def beat(self, *, is_urgent: bool = False) -> bool:
        """Say that this process lives, renew what it holds, take or give back shards.

        `is_urgent`: take whatever is free. Return False, with nothing held, where a process of the
        version before may be at work. Raise TemporaryError where the database fails.
        """
        this = self._this
        async with this.database.client.start_session(causal_consistency=True) as session:
            state = State(this.database, session, this.width)
            if holds_lanes(await state.summary()):
                self.held.clear()
                return False
            if not self.held:
                await this.leases.forget(session, instances_prefix(this.width))
            await this.leases.appear(session, self._instance_id)
            owners = await this.leases.held(session, summary_id(this.width) + "/")
            alive = sum(state_id.startswith(instances_prefix(this.width)) for state_id in owners)
            own = this.settings.aggregate_shards
            share = own if is_urgent else -(-own // max(alive, 1))
            await self._give_back(session, share)
            mine = sum(shards == own for shards, _ in self.held)
            free = [
                (own, shard)
                for shard in range(own)
                if (own, shard) not in self.held and self._id((own, shard)) not in owners
            ]
            wanted = free[: max(share - mine, 0)]
            wanted += [one for one in await self._foreign(session) if self._id(one) not in owners]
            await self._take(session, state, wanted)
            await this.leases.renew(session, [self._id(one) for one in sorted(self.held)])
            await self._measure(session)
        return True

    async def leave(self) -> None:
        """Let others take all that is held; this process is gone or idle."""
        async with self._this.database.client.start_session(causal_consistency=True) as session:
            await self._this.leases.release(session, [self._id(one) for one in sorted(self.held)])
            self.held.clear()
            await self._this.leases.disappear(session, self._instance_id)
            for name in (LIVE, LATE):
                metrics.notes_oldest_seconds.labels(name).set(0.0)

    async def has_readings_from(self, horizon: datetime) -> bool:
        """Return whether a reading is stored whose window is not settled at this horizon."""
        database = self._this.database
        async with database.client.start_session(causal_consistency=True) as session:
            first = await ReadingPages(database, session).first_after(first_id_at(horizon))
        return first is not None

    async def _give_back(self, session: Session, share: int) -> None:
        """Give back what is more than this share, last of all a shard that is at work.

        Whoever takes that one would count the same notes, lose its writes to ours and read all
        those pairs in full.
        """
        own = [one for one in self.held if one[0] == self._this.settings.aggregate_shards]
        surplus = sorted(own, key=lambda one: (one != self.late_at, one))[share:]
        if surplus:
            await self._this.leases.release(session, [self._id(one) for one in surplus])
            self.held.difference_update(surplus)

    async def _foreign(self, session: Session) -> list[Shard]:
        """Return the shards of other generations that have notes; forget those without."""
        own = self._this.settings.aggregate_shards
        notes = Notes(self._this.database, session, self._this.width)
        found = {*await notes.generations(LIVE, but=own), *await notes.generations(LATE, but=own)}
        drained = [one for one in sorted(self.held) if one[0] != own and one not in found]
        if drained:
            await self._this.leases.release(session, [self._id(one) for one in drained])
            self.held.difference_update(drained)
        return sorted(found - self.held)

    async def _take(self, session: Session, state: State, wanted: Collection[Shard]) -> None:
        for shards, shard in wanted:
            await state.make_shards(shards, [shard])
            if await self._this.leases.take(session, self._id((shards, shard))) is not None:
                self.held.add((shards, shard))

    async def _measure(self, session: Session) -> None:
        notes = Notes(self._this.database, session, self._this.width)
        for name in (LIVE, LATE):
            found = [await notes.oldest(Lane(name, *one)) for one in sorted(self.held)]
            clock = clock_of(session)
            ages = [(clock - written).total_seconds() for written in found if written is not None]
            metrics.notes_oldest_seconds.labels(name).set(max(ages, default=0.0))

    def _id(self, one: Shard) -> str:
        return shard_id(self._this.width, *one)
