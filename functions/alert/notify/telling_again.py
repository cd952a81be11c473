"""Tells targets that keep state, at each tick, which alerts last: they forget what is not said."""

import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, cast

from functions.alert.notify.delivery import Client
from functions.alert.notify.notices import told_of
from functions.alert.notify.retrying import Outcome, outcome_of
from functions.alert.notify.store.lasting_alerts import lasting_alerts
from functions.alert.notify.store.outbox import silences_in_force
from functions.alert.notify.targets.target import StateTarget, Target
from shared import metrics
from shared.alerts.silences import silence_of
from shared.mongo.database import Database


async def tell_again(
    database: Database,
    client: Client,
    targets: Sequence[Target],
    now: datetime,
    budget: timedelta,
) -> None:
    """Tell each of these targets the alerts that last, but for silenced ones, within the budget.

    A target that does not take them is left alone until the next tick. Raise TemporaryError where
    the database fails.
    """
    end = time.monotonic() + budget.total_seconds()
    told = list(targets)
    if not told:
        return
    silences = await silences_in_force(database, now)
    async with aclosing(lasting_alerts(database)) as pages:
        async for page in pages:
            if not told or time.monotonic() > end:
                return
            lasting = [told_of(one) for one in page if silence_of(silences, one, now) is None]
            if lasting:
                told = [one for one in told if await _takes(client, one, lasting, now)]


async def _takes(
    client: Client, target: Target, lasting: Sequence[Mapping[str, Any]], now: datetime
) -> bool:
    request = cast("StateTarget", target).request_of_all(lasting, now)
    outcome = outcome_of(await client.post(request))
    metrics.notifications.labels(target.name, f"state_{outcome.value}").inc()
    return outcome is Outcome.DELIVERED
