"""Enqueues what is to be told again: an alert that still lasts and that nobody has acknowledged."""

from collections.abc import Collection
from datetime import datetime, timedelta

from functions.alert.notify.notices import Notice, is_flapping_now, is_over, told_of
from functions.alert.notify.rows import row_of
from functions.alert.notify.store import outbox, upkeep
from shared.alerts.status import status_of
from shared.mongo.collections import Document
from shared.mongo.database import Database


async def enqueue_repeats(
    database: Database, targets: Collection[str], now: datetime, interval: timedelta
) -> None:
    """Enqueue the repeats that are due; one that is acknowledged is looked at an interval later.

    Raise TemporaryError where the database fails.
    """
    for row in await upkeep.take_repeats(database, targets, now):
        alert = await outbox.alert_of(database, row["uid"])
        if alert is None or is_over(alert):
            await upkeep.set_repeat(database, row, None)
        elif is_flapping_now(alert) or status_of(alert, now) == "acknowledged":
            await upkeep.set_repeat(database, row, now + interval)
        else:
            repeat = repeat_of(row, alert, now, interval)
            async with database.client.start_session(causal_consistency=True) as session:
                await outbox.insert(database, session, [repeat])
            await upkeep.set_repeat(database, row, None)


def repeat_of(row: Document, alert: Document, now: datetime, interval: timedelta) -> Document:
    """Return the row that repeats this one, with the alert as it is now.

    Its slot is how many intervals ago the first was sent: two that enqueue it make one.
    """
    number = int((now - row["first_sent"]) / interval)
    notice = Notice(
        uid=row["uid"],
        about=row["uid"],
        kind="repeat",
        level=str(alert["severity"]),
        slot=f"{row['order']}.{number}",
        order=row["order"],
        alert=told_of(alert),
    )
    return row_of(notice, row["target"], now, now) | {"first_sent": row["first_sent"]}
