"""Late readings in bulk, and live views that do not wait for them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.volume.deliveries import Deliveries
from tests.volume.figures import Figures
from tests.volume.fleet import events_of, reading_at, scattered
from tests.volume.live_load import fleet_from_now, seen, speak
from tests.volume.processes import System, failed_refreshes, watched
from tests.volume.recompute import wrong_views
from tests.volume.sizes import Size
from tests.volume.waiting import (
    Documents,
    is_settled,
    notes_left,
    seconds_until,
    views_between,
    window_before,
)

pytestmark = [pytest.mark.database, pytest.mark.volume, pytest.mark.timeout(900)]
NAME = "live and late"
LATE = timedelta(days=3)
PATIENCE_S = 240


def test_live_views_stay_fresh_while_late_pairs_drain(
    system: System, documents: Documents, size: Size, figures: Figures
) -> None:
    asyncio.run(_scenario(system, documents, size, figures))

    assert figures.unmet(NAME) == []


async def _scenario(system: System, documents: Documents, size: Size, figures: Figures) -> None:
    now = datetime.now(UTC)
    pairs = size.late_devices * size.late_windows
    newest = window_before(now) - timedelta(hours=1)
    late = events_of(list(scattered(size.late_devices, size.late_windows, newest, LATE)))
    old = newest - LATE - timedelta(days=1)
    minutes = size.minutes_in_one_post
    one_post = events_of(
        [reading_at("device-0", old - timedelta(minutes=n), n) for n in range(minutes)]
    )
    with system.function("aggregate") as aggregate:
        fleet = fleet_from_now(size.live_devices, size.live_s)
        async with (
            Deliveries([aggregate.url]) as deliveries,
            Deliveries([aggregate.url]) as late_deliveries,
            seen(system.mongo_url, system.database, fleet) as freshness,
            watched(aggregate.process.pid) as usage,
        ):
            speaking = asyncio.create_task(speak(fleet, deliveries))
            await asyncio.sleep(2)
            bulk = asyncio.create_task(late_deliveries.deliver(late))
            drained_s = await seconds_until(
                lambda: (
                    views_between(documents, newest - LATE - timedelta(hours=1), newest) >= pairs
                ),
                PATIENCE_S,
            )
            await bulk
            posted = datetime.now(UTC)
            await late_deliveries.deliver(one_post)
            counted_s = await seconds_until(
                lambda: (
                    views_between(
                        documents, old - timedelta(minutes=minutes), old + timedelta(minutes=1)
                    )
                    >= minutes
                ),
                PATIENCE_S,
            )
            counted_s = (datetime.now(UTC) - posted).total_seconds() if counted_s else 0.0
            after_post = freshness.worst_between(posted, posted + timedelta(seconds=60))
            await speaking
            await seconds_until(lambda: notes_left(documents) == 0, PATIENCE_S)
            # the last windows of the fleet are still open: what was said is counted all the same
            await seconds_until(lambda: freshness.latest_worst_s == 0, 30)
        failed = failed_refreshes(aggregate)
    patience = size.patience
    figures.at_most(NAME, "age of a live view, p50", freshness.quantile(0.5), "s", 2 * patience)
    figures.at_most(NAME, "age of a live view, p99", freshness.quantile(0.99), "s", 3 * patience)
    figures.note(NAME, "age of a live view, largest", freshness.worst_s, "s")
    figures.at_least(NAME, "late pairs counted", pairs / drained_s, "a second", 1500 / patience**2)
    figures.at_most(NAME, "one post: all windows there after", counted_s, "s", 10 * patience)
    figures.at_most(NAME, "one post: age of a live view, largest", after_post, "s", 5 * patience)
    figures.at_most(NAME, "memory of aggregate", usage.peak_mib, "MiB", 300)
    figures.note(NAME, "processor of aggregate", usage.cpu_s, "s")
    figures.note(NAME, "slowest delivery of a live event", deliveries.slowest_s, "s")
    figures.at_most(NAME, "failed refreshes", failed, "", 0)
    figures.at_most(NAME, "notes left", notes_left(documents), "", 0)
    views, wrong = wrong_views(system.mongo_url, system.database)
    figures.note(NAME, "views compared", views, "")
    figures.at_most(NAME, "wrong views", len(wrong), "", 0)
    assert is_settled(documents, newest)
