"""How many posts a second ingest acknowledges, beside a bare server and a naive one.

    python -m tests.bench.ingest [--connections 256] [--seconds 5] [--rounds 3] [--batch 100]

Starts a real Kafka and, one after the other in each round, every server, pinned to one processor;
the load and Kafka are on the others. Ratios are between the medians of the rounds.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK, ROOT
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from tests.bench.http_load import Load, load, median_of, request_bytes
from tests.support.function_process import deployed, running
from tests.support.servers import new_topic


@dataclass(frozen=True, slots=True)
class Case:
    """A server and how many readings each post to it holds."""

    name: str
    command: Sequence[str]
    readings: int = 1


def cases(batch: int) -> Sequence[Case]:
    """Return the servers to compare; the first is the baseline."""
    baseline = [sys.executable, "-m", "tests.bench.baselines"]
    return [
        Case("bare server", [*baseline, "bare"]),
        Case("ingest", deployed("ingest")),
        Case(f"ingest, {batch} to a post", deployed("ingest"), batch),
        Case("naive server", [*baseline, "naive"]),
    ]


def bodies(readings: int) -> Callable[[], bytes]:
    """Return what makes requests, each with readings that were never posted before."""
    numbers, began = count(), datetime.now(UTC) - timedelta(days=1)

    def reading() -> Mapping[str, object]:
        number = next(numbers)
        ts = began + timedelta(milliseconds=number)
        return {
            "device_id": f"bench-{number % 1000}",
            "ts": ts.isoformat(),
            "temperature_c": 20 + number % 100 / 10,
        }

    def body() -> bytes:
        content = reading() if readings == 1 else [reading() for _ in range(readings)]
        return request_bytes("/ingest", json.dumps(content).encode())

    return body


def measured(
    case: Case, environment: Mapping[str, str], connections: int, seconds: float, folder: Path
) -> Load:
    """Start the server on the last processor, load it from the others, and return what came."""
    environment = {**environment, "EARLIEST_TS": "2020-01-01T00:00:00Z"}
    with running(case.command, ROOT, environment, folder / "server.log") as server:
        _pin(server.process, {max(os.sched_getaffinity(0))})
        asyncio.run(load(server.port, bodies(case.readings), connections, min(1.0, seconds)))
        return asyncio.run(load(server.port, bodies(case.readings), connections, seconds))


def _pin(process: subprocess.Popen[bytes], processors: set[int]) -> None:
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), processors)


@contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """Start a broker; yield its address."""
    jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=print)
    broker = KafkaBroker(free_port(), folder / "kafka", jars)
    broker.start()
    try:
        broker.wait_until_ready()
        yield broker.bootstrap
    finally:
        broker.stop()


def main() -> None:
    """Print a line for each server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, kafka(Path(name)) as bootstrap:
        wanted = cases(given.batch)
        loads: dict[str, list[Load]] = {case.name: [] for case in wanted}
        for _ in range(given.rounds):
            for case in wanted:
                topic = new_topic(bootstrap)
                environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "TELEMETRY_TOPIC": topic}
                load_of_round = measured(
                    case, environment, given.connections, given.seconds, Path(name)
                )
                loads[case.name].append(load_of_round)
        for line in table(wanted, loads):
            print(line)


def table(wanted: Sequence[Case], loads: Mapping[str, Sequence[Load]]) -> Iterator[str]:
    """Yield a line for each case: posts and readings a second, times, the ratio to the first."""
    bare = median_of(loads[wanted[0].name], lambda one: one.rate)
    for case in wanted:
        rounds = loads[case.name]
        rate = median_of(rounds, lambda one: one.rate)
        statuses = sum((one.statuses for one in rounds[1:]), rounds[0].statuses)
        yield (
            f"{case.name:<24}{rate:>9,.0f} posts/s {rate * case.readings:>10,.0f} readings/s"
            f"  p50 {median_of(rounds, lambda one: one.p50_ms):>6.1f} ms"
            f"  p99 {median_of(rounds, lambda one: one.p99_ms):>6.1f} ms"
            f"  {rate / bare:>5.2f} of bare  {dict(statuses)}"
        )


if __name__ == "__main__":
    main()
