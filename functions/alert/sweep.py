"""The sweep: every device is folded again from where the rules changed, a few at a time.

Its place is kept in the pointer to the rules in force, so that any process goes on with it, at a
tick. A device is passed when it is done. The first revision of the rules sweeps all history.
"""

from datetime import timedelta
from typing import Final

from functions.alert.evaluation.evaluation import evaluate
from functions.alert.evaluation.job import Job
from functions.alert.store.alerts import AlertStore
from functions.alert.store.readings import ReadingPages
from functions.alert.store.rules import RuleStore
from functions.alert.store.states import StateStore
from functions.alert.sweep_state import DEVICES, DONE, ROWS, in_phase, past
from functions.alert.work import AlertWork
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of

STEP: Final = 20  # devices
LONG: Final = 20_000  # readings of a device that are looked through for a breach
# The version before still stores rows until its last process has ended; a rollout takes so long.
_ROLLOUT: Final = timedelta(minutes=20)


class Sweep:
    """The sweep, in one session."""

    def __init__(self, database: Database, session: Session, work: AlertWork) -> None:
        self._database = database
        self._session = session
        self._work = work
        self._rules = work.rules
        self._store = RuleStore(database, session)
        self._readings = ReadingPages(database, session)

    async def step(self) -> bool:
        """Sweep a little further; return whether nothing is left to be swept.

        Raise TemporaryError where the database fails.
        """
        pointer = await self._store.pointer()
        if pointer is None:
            return True
        await self._rules.follow(self._database, self._session, pointer["revision"])
        sweep = pointer["sweep"]
        if sweep["phase"] == DEVICES:
            await self._move(pointer, await self._past_devices(sweep))
            return False
        return await self._retire_rows(pointer)

    async def _past_devices(self, sweep: Document) -> Document:
        """Fold the next devices; return the sweep as it is when they are done."""
        for _ in range(STEP):
            device_id = await self._readings.next_device(sweep["after"])
            if device_id is None:
                return in_phase(sweep, ROWS)
            if await self._is_concerned(device_id, sweep):
                job = Job(device_id, valid_from=sweep["since"])
                await evaluate(self._database, self._session, self._work, {device_id: job})
            sweep = past(sweep, device_id)
        return sweep

    async def _is_concerned(self, device_id: str, sweep: Document) -> bool:
        """Return whether the device has a state, or a reading that can be a breach."""
        found = await StateStore(self._database, self._session).find([device_id])
        watch = self._rules.watch(device_id)
        if found.states or watch.sees_all:
            return True
        many = 0
        async for page in self._readings.after(device_id, sweep["since"]):
            many += len(page)
            if many > LONG or any(watch.is_loud_document(reading) for reading in page):
                return True
        return False

    async def _retire_rows(self, pointer: Document) -> bool:
        sweep, clock = pointer["sweep"], clock_of(self._session)
        if sweep["phase"] == DONE and clock > sweep["rows_until"]:
            return True
        if await AlertStore(self._database, self._session).retire_rows(clock):
            return False
        if sweep["phase"] == ROWS:
            done = {**in_phase(sweep, DONE), "rows_until": clock + _ROLLOUT}
            await self._move(pointer, done)
        return True

    async def _move(self, pointer: Document, sweep: Document) -> None:
        """Store how far it is; where the pointer is another by now, somebody else goes on."""
        await self._store.move_pointer(pointer, {"revision": pointer["revision"], "sweep": sweep})
