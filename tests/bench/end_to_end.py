"""The time from a post to the stored reading, and the rate of a backlog. On a running
system, such as that of `local-dev/up`.

    python -m tests.bench.end_to_end latency [--devices 100] [--seconds 30]
    python -m tests.bench.end_to_end backlog [--readings 20000] [--per-record 1]

`latency` posts a reading a second for each device and hears of each stored one by a change stream.
`backlog` writes records to Kafka as fast as it takes them, and counts what is stored.
"""

import argparse
import asyncio
import os
import random
import statistics
import time
from datetime import UTC, datetime, timedelta

import aiohttp

from functions.ingest.acceptance import PostedReading, accept
from shared.kafka.publisher import KafkaPublisher
from shared.mongo.collections import RAW
from shared.mongo.database import Database, client_of, majority
from shared.readings.reading_event import records_of
from shared.settings import KafkaSettings, MongoSettings, read

_PATIENCE_S = 300


async def latency(database: Database, url: str, devices: int, seconds: int) -> str:
    """Give the median and 99th percentile from a post's begin to its reading being stored (ms)."""
    posted: dict[str, float] = {}
    stored: dict[str, float] = {}
    wanted = devices * seconds

    async def watch() -> None:
        async with await database[RAW].watch([{"$match": {"operationType": "insert"}}]) as stream:
            async for change in stream:
                stored[change["documentKey"]["_id"]] = time.perf_counter()
                if len(stored) >= wanted:
                    return

    async def device(session: aiohttp.ClientSession, number: int) -> None:
        await asyncio.sleep(random.random())
        for _ in range(seconds):
            begun = time.perf_counter()
            body = {
                "device_id": f"bench-{number}",
                "ts": datetime.now(UTC).isoformat(),
                "temperature_c": 20 + random.random(),
            }
            async with session.post(url, json=body) as answer:
                posted[(await answer.json())["reading_id"]] = begun
            await asyncio.sleep(max(0.0, begun + 1 - time.perf_counter()))

    watching = asyncio.create_task(watch())
    await asyncio.sleep(1)
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(device(session, number) for number in range(devices)))
    await asyncio.wait_for(watching, _PATIENCE_S)
    took = sorted((stored[i] - posted[i]) * 1000 for i in posted)
    p99 = statistics.quantiles(took, n=100)[98]
    return f"{len(took)} readings: p50 {statistics.median(took):.0f} ms, p99 {p99:.0f} ms"


async def backlog(
    database: Database, kafka: KafkaSettings, devices: int, readings: int, per_record: int
) -> str:
    """Give readings a second from the first that is stored to the last."""
    publisher = KafkaPublisher(kafka)
    await publisher.open()
    now = datetime.now(UTC)
    before = await database[RAW].estimated_document_count()
    for numbers in _chunks(readings):
        accepted = []
        for number in numbers:
            ts = now - timedelta(seconds=(readings - number) / devices)
            posted = PostedReading(
                device_id=f"backlog-{number % devices}", ts=ts.isoformat(), temperature_c=20.0
            )
            accepted.append(accept(posted, now, None, lambda: "n0"))
        parts = (accepted[at : at + per_record] for at in range(0, len(accepted), per_record))
        records = [record for part in parts for record in records_of(part, now)]
        await publisher.publish(kafka.telemetry_topic, records)
    written = time.perf_counter()
    await publisher.close()
    first = None
    while True:
        count = await database[RAW].estimated_document_count() - before
        if count and first is None:
            first = (time.perf_counter(), count)
        if count >= readings:
            break
        if time.perf_counter() > written + _PATIENCE_S:
            raise TimeoutError(f"{count} of {readings} are stored")
        await asyncio.sleep(0.05)
    assert first is not None
    return f"{(readings - first[1]) / (time.perf_counter() - first[0]):,.0f} readings a second"


def _chunks(count: int) -> list[range]:
    return [range(at, min(at + 500, count)) for at in range(0, count, 500)]


async def _run(options: argparse.Namespace) -> None:
    mongo = read(MongoSettings, os.environ)
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        if options.what == "latency":
            print(await latency(database, options.ingest, options.devices, options.seconds))
            return
        kafka = read(KafkaSettings, os.environ)
        print(await backlog(database, kafka, options.devices, options.readings, options.per_record))


def main() -> None:
    """Print one line with what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["latency", "backlog"])
    parser.add_argument("--ingest", default="http://127.0.0.1:8001/ingest")
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--readings", type=int, default=20_000)
    parser.add_argument("--per-record", type=int, default=1)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
