"""Bringing devices' alerts up to date with their readings, rules and the time that passed.

A device's state is read before its readings, and replaced only while it is still the one that was
read: so whoever commits last has seen every reading that was stored before. Who stores a reading
that breaks nothing does not commit; therefore a fold is only of a device that is armed, which was
written before the readings are read. Whoever did not see that has stored its reading before it.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from functions.alert.alert_document import retraction_of, rule_of, timeline_of
from functions.alert.device_state import DeviceState
from functions.alert.evaluation.arming import arm, is_armed
from functions.alert.evaluation.checkpoints import before, position_of
from functions.alert.evaluation.device_fold import Folded, fold_device, rules_to_fold
from functions.alert.evaluation.device_reads import DeviceReads
from functions.alert.evaluation.job import NOTHING_NEW, Job, Since
from functions.alert.evaluation.known_alerts import over_at
from functions.alert.evaluation.rule_fold import RuleFold
from functions.alert.evaluation.starting_point import LEAST, is_near
from functions.alert.evaluation.watch import Watch
from functions.alert.evaluation.writing_out import write_out
from functions.alert.store.alerts import AlertStore
from functions.alert.store.readings import ReadingPages
from functions.alert.store.states import StateStore
from functions.alert.work import AlertWork
from shared.alerts.timeline.changes import Change, StoredEpisode, changes
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of
from shared.outcomes import TemporaryError
from shared.readings.reading import Reading

MANY: Final = 5_000  # readings of several devices that are read at once
_TRIES: Final = 10
_OPERATION: Final = "keep_alerts"
_MILLISECOND: Final = timedelta(milliseconds=1)
_Jobs = Mapping[str, Job]


async def evaluate(database: Database, session: Session, work: AlertWork, jobs: _Jobs) -> None:
    """Return when the alerts of these devices are what their readings give, for good.

    Raise TemporaryError where the database fails, or others write the same devices all the time;
    doing it again completes it.
    """
    evaluation = _Evaluation(database, session, work)
    left = jobs
    for _ in range(_TRIES):
        left = await evaluation.round(left)
        if not left:
            return
    raise TemporaryError(_OPERATION, f"{len(left)} devices are being written by others")


async def are_quiet(
    database: Database, session: Session, work: AlertWork, stored: Sequence[tuple[str, Reading]]
) -> bool:
    """Return whether nothing follows from readings, stored under these ids: the way of almost all.

    None of them is a breach, and each device is at rest, and was before them. Raise TemporaryError
    where the database fails.
    """
    rules = work.rules
    book = rules.book
    if any(rules.watch(reading.device_id).is_loud(reading) for _, reading in stored):
        return False
    found = await StateStore(database, session).find({one.device_id for _, one in stored})
    if await rules.follow(database, session, found.revision) or rules.book is not book:
        return False  # what is a breach may be something else by now
    return not any(
        state.is_armed or state.pending or reading_id <= state.quiet_from
        for reading_id, reading in stored
        if (state := found.states.get(reading.device_id)) is not None
    )


class _Evaluation:
    def __init__(self, database: Database, session: Session, work: AlertWork) -> None:
        self._database = database
        self._session = session
        self._rules = work.rules
        self._notices = work.notices
        self._states = StateStore(database, session)
        self._alerts = AlertStore(database, session)
        self._readings = ReadingPages(database, session)

    async def round(self, jobs: _Jobs) -> _Jobs:
        """Do what can be done with the states as they are now; return the jobs that are left."""
        found = await self._states.find(jobs)
        if await self._rules.follow(self._database, self._session, found.revision):
            return jobs
        pending = [state for state in found.states.values() if state.pending]
        await write_out(self._database, self._session, self._notices, pending)
        needed = {
            device_id: job
            for device_id, job in jobs.items()
            if job.is_needed(found.states.get(device_id), self._rules.watch(device_id))
        }
        if not needed:
            return {}
        revision = self._rules.revision
        new = {one: DeviceState(device_id=one, revision=revision) for one in needed}
        states = {one: found.states.get(one, new[one]) for one in needed}
        states |= await arm(self._states, states.values())
        left = await self._fold([one for one in states.values() if is_armed(one)], needed)
        left |= {one.device_id for one in states.values() if not is_armed(one)}
        return {device_id: needed[device_id] for device_id in left}

    async def _fold(self, states: Sequence[DeviceState], jobs: _Jobs) -> AbstractSet[str]:
        """Fold these devices and commit what came of it; return those others wrote meanwhile."""
        if not states:
            return frozenset()
        clock = clock_of(self._session)
        jobs = {one.device_id: self._under_new_rules(one, jobs[one.device_id]) for one in states}
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
        await write_out(self._database, self._session, self._notices, written, known)
        return refused

    def _under_new_rules(self, state: DeviceState, job: Job) -> Job:
        """Return the job with the rules that changed since the state was folded."""
        changed = self._rules.book.changed_after(state.revision)
        if changed is None:
            return job
        valid_from = changed if job.valid_from is None else min(changed, job.valid_from)
        return replace(job, valid_from=valid_from)

    async def _since(self, jobs: _Jobs, states: Sequence[DeviceState]) -> Mapping[str, Since]:
        """Return from where on something is new of each device."""
        received = {
            reading_id
            for state in states
            for reading_id in jobs[state.device_id].reading_ids
            if self._rules.watch(state.device_id).is_of_receipt
        }
        receipts = await self._readings.receipts(received) if received else {}
        since: dict[str, Since] = {}
        for state in states:
            job = jobs[state.device_id]
            first = min((receipts[i] for i in job.reading_ids if i in receipts), default=None)
            since[state.device_id] = job.since(first)
        return since

    async def _reads(
        self, states: Sequence[DeviceState], jobs: _Jobs, since: Mapping[str, Since]
    ) -> Mapping[str, DeviceReads]:
        """Read of many devices at once what their folds most likely need."""
        starts = {
            one.device_id: _likely_start(
                one, self._rules.watch(one.device_id), jobs[one.device_id], since[one.device_id]
            )
            for one in states
        }
        alerts = await self._alerts.of_devices(
            {one: start - self._flap_within(one) for one, start in starts.items()}
        )
        readings = await self._readings.since(starts, MANY)
        return {
            one: DeviceReads(
                one,
                self._readings,
                self._alerts,
                None if readings is None else readings[one],
                start,
                alerts[one],
                start - self._flap_within(one),
            )
            for one, start in starts.items()
        }

    def _flap_within(self, device_id: str) -> timedelta:
        rules = self._rules.watch(device_id).rules.values()
        return max((rule.flap_within for rule in rules), default=timedelta(0))

    async def _with_changes(self, folded: Sequence[Folded], jobs: _Jobs) -> Sequence[DeviceState]:
        """Return the states with what their folds change of the stored alerts, as pending."""
        found = await self._with_free_uids(folded)
        states = []
        for one in folded:
            job = jobs[one.state.device_id]
            pending = [
                _pending(one.state, fold, change, job)
                for fold in one.folds
                for change in found[id(fold)]
            ]
            states.append(replace(one.state, pending=pending, revision=self._rules.revision))
        return states

    async def _with_free_uids(self, folded: Sequence[Folded]) -> Mapping[int, Sequence[Change]]:
        """Return the changes of each fold; no new alert has the uid of one that is stored."""
        taken: set[str] = set()
        while True:
            found = {
                id(fold): self._changes(one, fold, taken) for one in folded for fold in one.folds
            }
            new = {change.uid for some in found.values() for change in some if not change.before}
            stored = await self._alerts.by_id(new) if new else {}
            if not stored:
                return found
            taken.update(stored)

    def _changes(self, folded: Folded, fold: RuleFold, taken: Collection[str]) -> Sequence[Change]:
        stored = [
            StoredEpisode(one.uid, one.episode, one.is_retracted)
            for one in fold.replaced(folded.alerts)
        ]
        return changes(folded.state.device_id, stored, fold.episodes, taken)


def _pending(state: DeviceState, fold: RuleFold, change: Change, job: Job) -> Document:
    """Return a change as it is committed with the state, for whoever writes it out."""
    if change.episode is None:
        timeline = retraction_of(job.reason, job.reading_ids)
    else:
        rule = rule_of(fold.watch.history, change.episode)
        over = over_at(change.episode, fold.watch.clear_hold)
        until = None if over is None else over[0]
        timeline = timeline_of(state.device_id, rule, change.episode, until)
    was_flapping = change.before is not None and change.before.is_flapping
    return {
        "kind": change.kind,
        "uid": change.uid,
        "timeline": timeline,
        "was_flapping": was_flapping,
    }


def _likely_start(state: DeviceState, watch: Watch, job: Job, since: Since) -> datetime:
    """Return the event time from which on the readings are read first."""
    if state.left is not None:
        since = since.or_earlier(Since(*state.left))
    starts = []
    for rule in rules_to_fold(state, watch, job, since):
        if rule.is_of_receipt:
            continue
        chain = state.chains.get(rule.history.rule_id)
        earlier = before(chain.checkpoints, since.event) if chain is not None else ()
        if earlier and is_near(earlier[-1], rule, since.event):
            starts.append(position_of(earlier[-1])[0])
        else:
            starts.append(since.event[0] - rule.max_gap - _MILLISECOND)
    return max(min(starts, default=NOTHING_NEW[0]), LEAST)
