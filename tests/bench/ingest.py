"""How many posts a second ingest acknowledges, beside a bare server and a naive one.

    local-dev/bench ingest

Starts, one after the other in each round, every server, pinned to one processor; the load and Kafka
are on the others.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from local_dev.paths import ROOT
from tests.bench.figures import Figure, median_ratio
from tests.bench.http_load import Load, load, median_of, request_bytes
from tests.bench.real_servers import RealServers
from tests.support.function_process import deployed, running
from tests.support.servers import new_topic

NAME: Final = "ingest"
_INGEST: Final = "ingest"
_CONNECTIONS: Final = 256
_SECONDS: Final = 5.0
_BATCH: Final = 100


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
        Case(_INGEST, deployed("ingest")),
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
        pin(server.process)
        asyncio.run(load(server.port, bodies(case.readings), connections, min(1.0, seconds)))
        return asyncio.run(load(server.port, bodies(case.readings), connections, seconds))


def pin(process: subprocess.Popen[bytes]) -> None:
    """Keep a process to the last processor."""
    processors = {max(os.sched_getaffinity(0))}
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), processors)


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return the posts a second of each server, and its slowest hundredth in milliseconds."""
    wanted = cases(_BATCH)
    loads = {case.name: list[Load]() for case in wanted}
    for _ in range(rounds):
        for case in wanted:
            loads[case.name].append(_on_a_new_topic(case, servers))
    bare = wanted[0].name
    return [
        *(_rate(case, loads[case.name], loads[bare]) for case in wanted),
        *(_p99(case, loads[case.name], loads[bare]) for case in wanted),
        _readings(wanted[2], wanted[1], loads),
        _beside_the_peer(wanted[1], wanted[3], loads),
    ]


def _on_a_new_topic(case: Case, servers: RealServers) -> Load:
    topic = new_topic(servers.kafka)
    environment = {"KAFKA_BOOTSTRAP_SERVERS": servers.kafka, "TELEMETRY_TOPIC": topic}
    return measured(case, environment, _CONNECTIONS, _SECONDS, servers.folder)


def _rate(case: Case, loads: Sequence[Load], bare: Sequence[Load]) -> Figure:
    statuses = sum((one.statuses for one in loads[1:]), loads[0].statuses)
    return Figure(
        case=NAME,
        name=case.name,
        value=median_of(loads, lambda one: one.rate),
        unit="posts/s",
        baseline=None if loads is bare else "bare server",
        ratio=None if loads is bare else median_ratio(rates_of(loads), rates_of(bare)),
        wanted=0.5 if case.name == _INGEST else None,
        note=f"statuses {dict(statuses)}",
    )


def _p99(case: Case, loads: Sequence[Load], bare: Sequence[Load]) -> Figure:
    times, base = [one.p99_ms for one in loads], [one.p99_ms for one in bare]
    return Figure(
        case=NAME,
        name=f"{case.name}, p99",
        value=median_of(loads, lambda one: one.p99_ms),
        unit="ms",
        baseline=None if loads is bare else "bare server, p99",
        ratio=None if loads is bare else median_ratio(times, base),
        wanted=3 if case.name == _INGEST else None,
        less_is_better=True,
    )


def _readings(batch: Case, single: Case, loads: Mapping[str, Sequence[Load]]) -> Figure:
    rates = [batch.readings * rate for rate in rates_of(loads[batch.name])]
    return Figure(
        case=NAME,
        name=f"{batch.name}, in readings",
        value=statistics.median(rates),
        unit="readings/s",
        baseline=single.name,
        ratio=median_ratio(rates, rates_of(loads[single.name])),
        wanted=8,
    )


def _beside_the_peer(ours: Case, peer: Case, loads: Mapping[str, Sequence[Load]]) -> Figure:
    return Figure(
        case=NAME,
        name=f"{ours.name}, beside the peer",
        value=median_of(loads[ours.name], lambda one: one.rate),
        unit="posts/s",
        baseline=peer.name,
        ratio=median_ratio(rates_of(loads[ours.name]), rates_of(loads[peer.name])),
        wanted=10,
    )


def rates_of(loads: Sequence[Load]) -> list[float]:
    """Return the requests a second of each round."""
    return [one.rate for one in loads]
