"""A tick: what the passing of time does to alerts, and a part of the sweep if one is under way.

How often it comes decides when an alert is known, never what is true: every fold lets time pass to
the database's clock, and between readings by their own times.
"""

from time import perf_counter
from typing import Final

from functions.alert.evaluation.evaluation import evaluate
from functions.alert.evaluation.job import Job
from functions.alert.store.lapsed_acknowledgements import end_lapsed_acknowledgements
from functions.alert.store.states import StateStore
from functions.alert.sweep import Sweep
from functions.alert.work import AlertWork
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of

DEVICES: Final = 100  # at once
BUDGET_S: Final = 10.0  # of the minute between two ticks; a request may take 30 s


async def tick(database: Database, work: AlertWork) -> None:
    """Bring the devices that are due up to date; then sweep on for the time that is left.

    Raise TemporaryError where the database fails; the next tick completes it.
    """
    deadline = perf_counter() + BUDGET_S
    async with database.client.start_session(causal_consistency=True) as session:
        sweep = Sweep(database, session, work)
        while True:
            await _evaluate_due(database, session, work, deadline)  # also what the sweep has left
            if await sweep.step() or perf_counter() >= deadline:
                break
        await end_lapsed_acknowledgements(database, clock_of(session))


async def _evaluate_due(
    database: Database, session: Session, work: AlertWork, deadline: float
) -> None:
    states = StateStore(database, session)
    found = await states.find([])  # also tells the database's time
    await work.rules.follow(database, session, found.revision, is_tick=True)
    while perf_counter() < deadline:
        due = await states.due(clock_of(session), DEVICES)
        if not due:
            return
        jobs = {device_id: Job(device_id) for device_id in due}
        await evaluate(database, session, work, jobs)
