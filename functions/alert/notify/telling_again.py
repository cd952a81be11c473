"""Tells targets that keep state, at each tick, which alerts last: they forget what is not said."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import cast

from functions.alert.notify.delivery import Client
from functions.alert.notify.notices import told_of
from functions.alert.notify.retrying import outcome_of
from functions.alert.notify.store.lasting_alerts import lasting_alerts
from functions.alert.notify.store.outbox import silences_in_force
from functions.alert.notify.targets.target import StateTarget, Target
from shared import metrics
from shared.alerts.silences import silence_of
from shared.mongo.database import Database


async def tell_again(
    database: Database, client: Client, targets: Sequence[Target], now: datetime, end: float
) -> None:
    """Tell each of these targets the alerts that last, but for silenced ones, until `end`.

    `end` is of `time.monotonic`. What does not get through is told at the next tick. Raise
    TemporaryError where the database fails.
    """
    if not targets:
        return
    silences = await silences_in_force(database, now)
    async with aclosing(lasting_alerts(database)) as pages:
        async for page in pages:
            if time.monotonic() > end:
                return
            lasting = [told_of(one) for one in page if silence_of(silences, one, now) is None]
            for target in targets if lasting else ():
                request = cast("StateTarget", target).request_of_all(lasting, now)
                outcome = outcome_of(await client.post(request))
                metrics.notifications.labels(target.name, f"again_{outcome.value}").inc()
