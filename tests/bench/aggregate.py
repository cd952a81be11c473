"""How many readings a second aggregate keeps and counts.

    local-dev/bench aggregate

Keeping: on time, an hour behind, few at a time, and together with alert, beside a plain insert,
with the refresh at work beside it. Counting: notes of the live lane, late pairs, and readings that
nobody noted (the scan), each with nothing beside it; then the views a second with 1, 2 and 4
shards. Each way is run in turn, several rounds; the ratios are within a round, so that what else
the machine does weighs on all alike.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.lanes import late_step, live_pass
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.scan import Scan
from functions.aggregate.refresh.scheduler import RefreshScheduler
from functions.aggregate.refresh.shares import Shares
from functions.aggregate.refresh.work import Refresh
from functions.aggregate.store.leases import OWNER_PREFIX
from functions.alert.intake import keep_and_alert
from functions.alert.rules_in_force import RulesInForce
from functions.alert.work import AlertWork
from shared.alerts.rules.load import rule_set
from shared.mongo.collections import RAW
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming, document_of
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from shared.serving.application import tune_garbage_collector
from shared.settings import AggregateSettings, MongoSettings, ThresholdSettings
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers

NAME: Final = "aggregate"
_READINGS: Final = 30_000
BATCH: Final = 500  # what a group commit holds under load
FEW: Final = 50  # and with 100 events on their way
WRITERS: Final = 2  # as many groups are written at a time
_PLAIN: Final = "plain insert"
_PLAIN_FEW: Final = f"plain insert, {FEW} at a time"
_ON_TIME: Final = "on time"
_SHARDS: Final = (1, 2, 4)
# What is told: its baseline, and the ratio that is wanted.
_RATIOS: Final = {
    _ON_TIME: (_PLAIN, 0.6),
    f"on time, {FEW} at a time": (_PLAIN_FEW, 0.5),
    "an hour behind": (_ON_TIME, 0.9),
    "aggregate and alert together": (_PLAIN, 0.35),
    "live lane": (_PLAIN, None),
    "scan": (_PLAIN, None),
    "4 shards": ("1 shards", None),
}

Way = Callable[[Mongo, Sequence[Incoming]], Awaitable[None]]


async def plain_insert(mongo: Mongo, batch: Sequence[Incoming]) -> None:
    """The baseline: store, look at nothing, summarise nothing."""
    documents = [document_of(one) for one in batch]
    await mongo.database[RAW].insert_many(documents, ordered=False)


async def keep(mongo: Mongo, batch: Sequence[Incoming]) -> None:
    """What aggregate does with a group of events."""
    await keep_and_note(mongo.database, batch, AggregateSettings())


def together() -> Way:
    """What both functions do with the same events, at once."""
    work = AlertWork(RulesInForce(rule_set(ThresholdSettings(), "")))

    async def way(mongo: Mongo, batch: Sequence[Incoming]) -> None:
        await asyncio.gather(keep(mongo, batch), keep_and_alert(mongo.database, batch, work, None))

    return way


def readings(count: int, seconds: float, chance: random.Random) -> list[Incoming]:
    """Make `count` readings whose times cover the last `seconds`, oldest first: each device one a
    second, so with more seconds there are fewer devices, and about as many views.
    """
    now = datetime.now(UTC)
    devices = max(1, round(count / seconds))
    made = []
    for place in range(count):
        ts = now - timedelta(seconds=seconds * (1 - place / count))
        device_id = f"device-{place % devices}"
        warm, humid = chance.uniform(15, 30), chance.uniform(30, 60)
        values = {"temperature_c": warm, "humidity": humid}
        reading_id = reading_id_of(ts, digest_of(device_id, ts, None, values, (None, None)))
        reading = Reading(
            reading_id=reading_id, device_id=device_id, ts=ts, temperature_c=warm, humidity=humid
        )
        made.append(Incoming(reading, now))
    return made


async def keep_rate(
    way: Way, url: str, incoming: Sequence[Incoming], *, refreshed: bool, batch: int = BATCH
) -> float:
    """Return readings a second."""
    async with database_of(url) as mongo:
        scheduler = RefreshScheduler(mongo, AggregateSettings())
        if refreshed:
            await scheduler.open()
        started = time.perf_counter()
        await written(way, mongo, incoming, scheduler.want, batch)
        took = time.perf_counter() - started
        await scheduler.close()
    return len(incoming) / took


async def count_rate(url: str, incoming: Sequence[Incoming], shards: int) -> float:
    """Return noted readings counted a second, by one process that does nothing else."""
    async with database_of(url) as mongo:
        this = refresh_of(mongo, shards)
        await written(keep_with(shards), mongo, incoming, lambda: None)
        await until_done(Scan(this).step)
        shares = Shares(this)
        await shares.beat(is_urgent=True)
        started = time.perf_counter()
        for one in sorted(shares.held):
            await live_pass(this, *one)
            while not (await late_step(this, *one)).is_drained:
                pass
        return len(incoming) / (time.perf_counter() - started)


async def scan_rate(url: str, incoming: Sequence[Incoming]) -> float:
    """Return readings a second that nobody noted."""
    async with database_of(url) as mongo:
        await written(plain_insert, mongo, incoming, lambda: None)
        scan = Scan(refresh_of(mongo, 1))
        started = time.perf_counter()
        await until_done(scan.step)
        return len(incoming) / (time.perf_counter() - started)


def refresh_of(mongo: Mongo, shards: int) -> Refresh:
    settings = AggregateSettings(aggregate_shards=shards)
    return Refresh(lambda: mongo.database, f"{OWNER_PREFIX}bench", settings, None, Remembered())


def keep_with(shards: int) -> Way:
    async def way(mongo: Mongo, batch: Sequence[Incoming]) -> None:
        await keep_and_note(mongo.database, batch, AggregateSettings(aggregate_shards=shards))

    return way


async def until_done(step: Callable[[], Awaitable[bool | None]]) -> None:
    while not await step():
        pass


async def written(
    way: Way,
    mongo: Mongo,
    incoming: Sequence[Incoming],
    want: Callable[[], None],
    size: int = BATCH,
) -> None:
    """Write all in batches, some at a time."""
    batches = iter([incoming[at : at + size] for at in range(0, len(incoming), size)])

    async def write() -> None:
        for batch in batches:
            await way(mongo, batch)
            want()

    await asyncio.gather(*(write() for _ in range(WRITERS)))


@asynccontextmanager
async def database_of(url: str) -> AsyncIterator[Mongo]:
    """Open a database of its own, gone afterwards."""
    mongo = Mongo(MongoSettings(mongo_url=url, mongo_db=f"bench-{random.randrange(10**9)}"))
    await mongo.open()
    try:
        yield mongo
    finally:
        await mongo.database.client.drop_database(mongo.database.name)
        await mongo.close()


async def one_round(url: str, count: int, chance: random.Random) -> dict[str, float]:
    """Return the rates of one round."""
    on_time, behind = readings(count, 60, chance), readings(count, 3600, chance)
    pairs = len({(one.reading.device_id, int(one.reading.ts.timestamp()) // 60) for one in behind})
    behind_rate = await count_rate(url, behind, 4)
    few = FEW * WRITERS * 20
    return {
        _PLAIN: await keep_rate(plain_insert, url, on_time, refreshed=False),
        _ON_TIME: await keep_rate(keep, url, on_time, refreshed=True),
        _PLAIN_FEW: await keep_rate(plain_insert, url, on_time[:few], refreshed=False, batch=FEW),
        f"on time, {FEW} at a time": await keep_rate(
            keep, url, on_time[:few], refreshed=True, batch=FEW
        ),
        "an hour behind": await keep_rate(keep, url, behind, refreshed=True),
        "aggregate and alert together": await keep_rate(together(), url, on_time, refreshed=True),
        "live lane": await count_rate(url, on_time, 4),
        "late lane": behind_rate,
        "late pairs": behind_rate * pairs / len(behind),
        "scan": await scan_rate(url, behind),
        **{f"{n} shards": await count_rate(url, on_time, n) for n in _SHARDS},
    }


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return readings a second, with garbage collected as in a process of a function."""
    tune_garbage_collector()
    return asyncio.run(measured(servers.mongo_url, _READINGS, rounds))


async def measured(url: str, count: int, rounds: int) -> list[Figure]:
    """Return the figures of so many readings."""
    chance = random.Random(1)
    found = [await one_round(url, count, chance) for _ in range(rounds)]
    rates = {name: [one[name] for one in found] for name in found[0]}
    return [_figure(name, rates) for name in rates]


def _figure(name: str, rates: dict[str, list[float]]) -> Figure:
    baseline, wanted = _RATIOS.get(name, (None, None))
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(rates[name]),
        unit="pairs/s" if name == "late pairs" else "readings/s",
        baseline=baseline,
        ratio=None if baseline is None else median_ratio(rates[name], rates[baseline]),
        wanted=wanted,
    )
