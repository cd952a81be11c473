"""Bringing devices' alerts up to date with their readings, rules and the time that passed.

A device's state is read before its readings, and replaced only while it is still the one that was
read: so whoever commits last has seen every reading that was stored before. Who stores a reading
that breaks nothing does not commit; therefore a fold is only of a device that is armed, which was
written before the readings are read. Whoever did not see that has stored its reading before it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from functions.alert.alert_document import timeline_of
from functions.alert.device_state import DeviceState
from functions.alert.evaluation.checkpoints import before, position_of
from functions.alert.evaluation.device_fold import Folded, fold_device, rules_to_fold
from functions.alert.evaluation.device_reads import DeviceReads
from functions.alert.evaluation.job import NOTHING_NEW, Job, Since
from functions.alert.evaluation.watch import RuleWatch, Watch
from functions.alert.evaluation.writing_out import write_out
from functions.alert.rules_in_force import RulesInForce
from functions.alert.store.alerts import LASTS, AlertStore
from functions.alert.store.readings import ReadingPages
from functions.alert.store.states import StateStore
from shared.alerts.timeline.changes import Change, StoredEpisode, changes
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of
from shared.outcomes import TemporaryError

MANY: Final = 5_000  # readings of several devices that are read at once
_TRIES: Final = 10
_OPERATION: Final = "keep_alerts"
_MILLISECOND: Final = timedelta(milliseconds=1)
_Jobs = Mapping[str, Job]


async def evaluate(database: Database, session: Session, rules: RulesInForce, jobs: _Jobs) -> None:
    """Return when the alerts of these devices are what their readings give, for good.

    Raise TemporaryError where the database fails, or others write the same devices all the time;
    doing it again completes it.
    """
    evaluation = _Evaluation(database, session, rules)
    left = jobs
    for _ in range(_TRIES):
        left = await evaluation.round(left)
        if not left:
            return
    raise TemporaryError(_OPERATION, f"{len(left)} devices are being written by others")


class _Evaluation:
    def __init__(self, database: Database, session: Session, rules: RulesInForce) -> None:
        self._database = database
        self._session = session
        self._rules = rules
        self._states = StateStore(database, session)
        self._alerts = AlertStore(database, session)
        self._readings = ReadingPages(database, session)

    async def round(self, jobs: _Jobs) -> _Jobs:
        """Do what can be done with the states as they are now; return the jobs that are left."""
        found = await self._states.find(jobs)
        if await self._rules.follow(self._database, self._session, found.revision):
            return jobs
        pending = [state for state in found.states.values() if state.pending]
        await write_out(self._database, self._session, pending)
        needed = {
            device_id: job
            for device_id, job in jobs.items()
            if job.is_needed(found.states.get(device_id), self._rules.watch(device_id))
        }
        if not needed:
            return {}
        states = {one: found.states.get(one) or DeviceState(one, rev=0) for one in needed}
        to_arm = [state for state in states.values() if state.rev == 0 or not state.is_armed]
        await self._states.replace([replace(one.armed(), pending=()) for one in to_arm])
        left = {one.device_id for one in to_arm}
        left |= await self._fold([states[one] for one in needed if one not in left], needed)
        return {device_id: needed[device_id] for device_id in left}

    async def _fold(self, states: Sequence[DeviceState], jobs: _Jobs) -> Collection[str]:
        """Fold these devices and commit what came of it; return those that others wrote meanwhile."""
        if not states:
            return ()
        clock = clock_of(self._session)
        since = await self._since(jobs, states)
        reads = await self._reads(states, jobs, since)
        folded = []
        for state in states:
            one = state.device_id
            watch = self._rules.watch(one)
            fold = fold_device(state, watch, jobs[one], since[one], reads[one], clock)
            folded.append(await fold)
        made = await self._with_changes(folded, jobs)
        refused = await self._states.replace(made)
        written = [state for state in made if state.device_id not in refused]
        known = {alert["_id"]: alert for one in folded for alert in one.alerts}
        await write_out(self._database, self._session, written, known)
        return refused
