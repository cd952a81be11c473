"""How many readings a second does aggregate keep: on time, an hour behind, and beside a plain
insert?

    python -m tests.bench.aggregate [--mongo-url URL] [--readings 30000]

Each way is run in turn, several rounds, with the refresh at work beside it; the ratios are within a
round, so that what else the machine does weighs on all of them alike.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from functions.aggregate.intake import keep_and_note
from functions.aggregate.refresh.scheduler import RefreshScheduler
from shared.mongo.collections import RAW
from shared.mongo.connection import Mongo
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, document_of
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from shared.settings import AggregateSettings, MongoSettings

BATCH = 500  # what a group commit holds under load
WRITERS = 2  # as many groups are written at a time

Way = Callable[[Mongo, Sequence[Incoming]], Awaitable[None]]


async def plain_insert(mongo: Mongo, batch: Sequence[Incoming]) -> None:
    """The baseline: store, look at nothing, summarise nothing."""
    documents = [document_of(one) for one in batch]
    await mongo.database[RAW].insert_many(documents, ordered=False)


async def keep(mongo: Mongo, batch: Sequence[Incoming]) -> None:
    """What aggregate does with a group of events."""
    await keep_and_note(mongo.database, batch, AggregateSettings())


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


async def rate_of(way: Way, url: str, incoming: Sequence[Incoming], *, refreshed: bool) -> float:
    """Give readings a second, in a database of its own that is gone afterwards."""
    settings = MongoSettings(mongo_url=url, mongo_db=f"bench-{random.randrange(10**9)}")
    mongo = Mongo(settings)
    await mongo.open()
    database: Database = mongo.database
    refresher = RefreshScheduler(mongo, AggregateSettings())
    if refreshed:
        await refresher.open()
    batches = iter([incoming[at : at + BATCH] for at in range(0, len(incoming), BATCH)])

    async def write() -> None:
        for batch in batches:
            await way(mongo, batch)
            refresher.want()

    started = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    took = time.perf_counter() - started
    await refresher.close()
    await database.client.drop_database(database.name)
    await mongo.close()
    return len(incoming) / took


async def run(url: str, count: int, rounds: int) -> dict[str, float]:
    """Give the median rates, and the median ratios of the rounds."""
    chance = random.Random(1)
    rates: dict[str, list[float]] = {"plain insert": [], "on time": [], "an hour behind": []}
    for _ in range(rounds):
        on_time, behind = readings(count, 60, chance), readings(count, 3600, chance)
        rates["plain insert"].append(await rate_of(plain_insert, url, on_time, refreshed=False))
        rates["on time"].append(await rate_of(keep, url, on_time, refreshed=True))
        rates["an hour behind"].append(await rate_of(keep, url, behind, refreshed=True))
    medians = {name: statistics.median(of_rounds) for name, of_rounds in rates.items()}
    pairs = [("on time", "plain insert"), ("an hour behind", "on time")]
    ratios = {
        f"{name} / {base}": statistics.median(
            a / b for a, b in zip(rates[name], rates[base], strict=True)
        )
        for name, base in pairs
    }
    return medians | ratios


def main() -> None:
    """Print a line for each rate (readings a second) and each ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mongo-url", default="mongodb://127.0.0.1:27017/?replicaSet=local")
    parser.add_argument("--readings", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    results = asyncio.run(run(options.mongo_url, options.readings, options.rounds))
    for name, figure in results.items():
        print(f"{name:32} {figure:10,.2f}")


if __name__ == "__main__":
    main()
