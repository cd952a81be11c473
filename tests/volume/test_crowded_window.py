"""Very many devices in one open window, and a process that is killed again and again."""

import asyncio

import pytest

from tests.volume.deliveries import Deliveries
from tests.volume.figures import Figures
from tests.volume.live_load import fleet_from_now, speak
from tests.volume.processes import System, beside, failed_refreshes, health_probe
from tests.volume.recompute import wrong_views
from tests.volume.sizes import Size
from tests.volume.waiting import Documents, notes_left, seconds_until

pytestmark = [pytest.mark.database, pytest.mark.volume, pytest.mark.timeout(900)]
NAME = "crowded window"
PERIOD_S = 10.0
KILLS = 2  # at least


def test_a_crowded_window_leaves_the_loop_free_and_kills_cost_nothing(
    system: System, documents: Documents, size: Size, figures: Figures
) -> None:
    asyncio.run(_scenario(system, documents, size, figures))

    assert figures.unmet(NAME) == []


async def _scenario(system: System, documents: Documents, size: Size, figures: Figures) -> None:
    fleet = fleet_from_now(size.crowd_devices, size.crowd_s, min(PERIOD_S, size.crowd_s / 3))
    probes: list[float] = []
    kills = failed = 0
    async with (
        beside(system.function("dlq")) as idle,
        beside(health_probe(system.root, idle.url, system.folder / "idle.log")) as of_idle,
        Deliveries([]) as deliveries,
    ):
        speaking: asyncio.Task[int] | None = None
        is_last = False
        while not is_last:
            is_last = speaking is not None and speaking.done() and kills >= KILLS
            log = system.folder / f"health{kills}.log"
            async with beside(system.function("aggregate", str(kills))) as aggregate:
                deliveries.urls = [aggregate.url]
                if speaking is None:
                    speaking = asyncio.create_task(speak(fleet, deliveries))
                probe = health_probe(system.root, aggregate.url, log)
                async with beside(probe) as taken:
                    if is_last:
                        settled_s = await _until_counted(documents)
                        failed += failed_refreshes(aggregate)
                    else:
                        await asyncio.sleep(size.kill_every_s)
                        failed += await asyncio.to_thread(failed_refreshes, aggregate)
                        aggregate.process.kill()
                        kills += 1
                probes += taken
        assert speaking is not None
        said = speaking.result()
    probes.sort()
    machine_ms = max(of_idle)  # what a function without work takes: other processes, not ours
    figures.note(NAME, "devices", size.crowd_devices, "")
    figures.note(NAME, "readings", said, "")
    figures.at_least(NAME, "kills", kills, "", KILLS)
    figures.note(NAME, "probes of health", len(probes), "")
    figures.note(NAME, "health, p50", probes[len(probes) // 2], "ms")
    figures.note(NAME, "health, p99", probes[len(probes) * 99 // 100], "ms")
    figures.note(NAME, "health of an idle function, largest", machine_ms, "ms")
    most_ms = 100 * size.patience + machine_ms
    figures.at_most(NAME, "health, largest", probes[-1], "ms", most_ms)
    figures.note(NAME, "events to be delivered again", deliveries.lost + deliveries.refused, "")
    figures.note(NAME, "all counted after", settled_s, "s")
    figures.at_most(NAME, "failed refreshes", failed, "", 0)
    views, wrong = wrong_views(system.mongo_url, system.database)
    figures.note(NAME, "views compared", views, "")
    figures.at_most(NAME, "wrong views", len(wrong), "", 0)


async def _until_counted(documents: Documents) -> float:
    """Return the seconds until every reading is counted: the sum of counts stands for it."""
    stored = documents["telemetry_raw"].estimated_document_count()

    def is_counted() -> bool:
        total = [{"$group": {"_id": None, "count": {"$sum": "$count"}}}]
        counted = next(iter(documents["aggregated_data"].aggregate(total)), {"count": 0})["count"]
        return bool(counted == stored) and notes_left(documents) == 0

    return await seconds_until(is_counted, 120, 0.5)
