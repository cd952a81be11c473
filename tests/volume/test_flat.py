"""A load that stays as it is: memory, notes and the length of a refresh stay too."""

import asyncio
import statistics

import pytest

from tests.support.function_process import FunctionProcess
from tests.volume.deliveries import Deliveries
from tests.volume.figures import Figures
from tests.volume.live_load import fleet_from_now, seen, speak
from tests.volume.processes import System, failed_refreshes, metric, watched
from tests.volume.recompute import wrong_views
from tests.volume.sizes import Size
from tests.volume.waiting import Documents, notes_left, seconds_until

pytestmark = [pytest.mark.database, pytest.mark.volume, pytest.mark.timeout(1800)]
NAME = "flat load"
PARTS = 3  # the first is for warming up; the last is compared with the second
SAMPLE_S = 1.0


def test_memory_notes_and_refreshes_stay_as_they_are(
    system: System, documents: Documents, size: Size, figures: Figures
) -> None:
    asyncio.run(_scenario(system, documents, size, figures))

    assert figures.unmet(NAME) == []


async def _scenario(system: System, documents: Documents, size: Size, figures: Figures) -> None:
    samples: list[tuple[int, float, float]] = []  # notes, refreshes and their seconds so far
    with system.function("aggregate") as aggregate:
        fleet = fleet_from_now(size.flat_devices, size.flat_s)
        async with (
            Deliveries([aggregate.url]) as deliveries,
            seen(system.mongo_url, system.database, fleet) as freshness,
            watched(aggregate.process.pid) as usage,
        ):
            sampling = asyncio.create_task(_sample(samples, documents, aggregate))
            said = await speak(fleet, deliveries)
            sampling.cancel()
            await seconds_until(lambda: freshness.latest_worst_s == 0, 60)
            await seconds_until(lambda: notes_left(documents) == 0, 60)
        failed = failed_refreshes(aggregate)
    second, third = (_part(samples, part) for part in (1, 2))
    part_s = size.flat_s / PARTS
    before, after = (usage.mib_between(part * part_s, (part + 1) * part_s) for part in (1, 2))
    patience = size.patience
    figures.note(NAME, "readings a second", said / size.flat_s, "")
    figures.note(NAME, "seconds", size.flat_s, "s")
    figures.at_most(NAME, "memory, last third / second", after / before, "", 1.15)
    figures.at_most(NAME, "memory of aggregate", usage.peak_mib, "MiB", 300)
    figures.note(NAME, "processor of aggregate, share", usage.cpu_s / size.flat_s, "cores")
    figures.note(NAME, "notes waiting, second third, median", second[0], "")
    figures.at_most(
        NAME, "notes waiting, last third, median", third[0], "", 1.5 * second[0] + 50 * patience
    )
    figures.note(NAME, "a refresh, second third, mean", second[1], "s")
    figures.at_most(
        NAME, "a refresh, last third, mean", third[1], "s", 1.5 * second[1] + 0.1 * patience
    )
    figures.at_most(NAME, "age of a live view, p99", freshness.quantile(0.99), "s", 3 * patience)
    figures.at_most(NAME, "failed refreshes", failed, "", 0)
    views, wrong = wrong_views(system.mongo_url, system.database)
    figures.note(NAME, "views compared", views, "")
    figures.at_most(NAME, "wrong views", len(wrong), "", 0)


async def _sample(
    samples: list[tuple[int, float, float]], documents: Documents, aggregate: FunctionProcess
) -> None:
    while True:
        number = await asyncio.to_thread(metric, aggregate, "iot_refresh_seconds_count")
        seconds = await asyncio.to_thread(metric, aggregate, "iot_refresh_seconds_sum")
        samples.append((notes_left(documents), number, seconds))
        await asyncio.sleep(SAMPLE_S)


def _part(samples: list[tuple[int, float, float]], part: int) -> tuple[float, float]:
    """Return the median of notes and the mean seconds of a refresh in that part of the time."""
    length = len(samples) // PARTS
    chosen = samples[part * length : (part + 1) * length] or samples[-1:]
    refreshes = chosen[-1][1] - chosen[0][1]
    seconds = chosen[-1][2] - chosen[0][2]
    return statistics.median(one[0] for one in chosen), seconds / refreshes if refreshes else 0.0
