"""The intake of alert: readings are stored, and their devices' alerts brought up to date."""

from collections.abc import Sequence
from datetime import timedelta

from functions.alert.evaluation.evaluation import are_quiet, evaluate
from functions.alert.evaluation.job import Job
from functions.alert.work import AlertWork
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, keep
from shared.readings.reading import Reading


async def keep_and_alert(
    database: Database,
    incoming: Sequence[Incoming],
    work: AlertWork,
    retention: timedelta | None = None,
) -> frozenset[str]:
    """Store the readings that are not there, then bring the alerts of their devices up to date.

    In this order, since alerts follow from stored readings; also of those that were found stored:
    whoever stored them may not have come that far. Where no reading breaks a limit and nothing goes
    on at its device, this costs one query more. Return the ids of readings that are too late to be
    stored at all. Raise TemporaryError where the database fails; doing it again completes it.
    """
    async with database.client.start_session(causal_consistency=True) as session:
        kept = await keep(database, session, incoming, retention)
        stored = [
            (found.reading_id, one.reading)
            for one in incoming
            if (found := kept.stored_as.get(one.reading.reading_id)) is not None
        ]
        if stored and not await are_quiet(database, session, work, stored):
            await evaluate(database, session, work, _jobs(stored))
        return kept.too_late


def _jobs(stored: Sequence[tuple[str, Reading]]) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for reading_id, reading in stored:
        job = jobs.get(reading.device_id)
        if job is None:
            job = jobs[reading.device_id] = Job(reading.device_id)
        job.readings.append(reading)
        job.reading_ids.append(reading_id)
    return jobs
