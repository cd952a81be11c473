"""How fast local-dev's KafkaSource carries records to a sink, and readings to a slow one.

The real KafkaSource carried 5,000 to 11,000 records a second to a sink that answers at once. It has
99 events on their way at most, so a sink that takes 20 ms gets 4,950 a second; what a record
carries is then what counts.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import Producer

from local_dev.paths import ROOT
from local_dev.servers.free_port import free_port, is_listening
from shared.readings.reading_event import records_of
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers
from tests.support.readings import NOW, at
from tests.support.servers import new_topic

NAME: Final = "bridge"
_RECORDS: Final = 20_000
_COALESCED: Final = 50  # readings of a record
_BEGUN: Final = 500  # acknowledged until it counts: a group takes a while to form
_SLOW_MS: Final = 20
_PATIENCE_S: Final = 120.0
_TIMEOUT_S: Final = 5.0
_AT_ONCE: Final = "single readings, a sink that answers at once"
_SLOW: Final = f"single readings, a sink that takes {_SLOW_MS} ms"
_SLOW_COALESCED: Final = f"{_COALESCED} readings a record, {_SLOW_MS} ms"


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return readings a second; the ratio of the last to single readings is what coalescing is."""
    single = _topic_with(servers.kafka, _RECORDS, 1)
    coalesced = _topic_with(servers.kafka, _RECORDS // 2, _COALESCED)
    rates: dict[str, list[float]] = {_AT_ONCE: [], _SLOW: [], _SLOW_COALESCED: []}
    for _ in range(rounds):
        rates[_AT_ONCE].append(_rate(servers.kafka, single, _RECORDS, 0))
        rates[_SLOW].append(_rate(servers.kafka, single, _RECORDS, _SLOW_MS))
        slow = _rate(servers.kafka, coalesced, _RECORDS // 2, _SLOW_MS)
        rates[_SLOW_COALESCED].append(_COALESCED * slow)
    return [
        Figure(
            case=NAME, name=_AT_ONCE, value=statistics.median(rates[_AT_ONCE]), unit="readings/s"
        ),
        _figure(_SLOW, rates, _AT_ONCE),
        _figure(_SLOW_COALESCED, rates, _SLOW),
    ]


def _figure(name: str, rates: dict[str, list[float]], baseline: str) -> Figure:
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(rates[name]),
        unit="readings/s",
        baseline=baseline,
        ratio=median_ratio(rates[name], rates[baseline]),
    )


def _topic_with(bootstrap: str, records: int, readings: int) -> str:
    """Return a topic with so many records of so many readings each."""
    topic, producer = new_topic(bootstrap), Producer({"bootstrap.servers": bootstrap})
    some = [at(place, device_id=f"bench-{place}") for place in range(readings)]
    (record,) = records_of(some, NOW)
    for _ in range(records):
        producer.produce(topic, record.value, record.key, headers=list(record.headers))
        producer.poll(0)
    producer.flush(60)
    return topic


def _rate(bootstrap: str, topic: str, records: int, delay_ms: float) -> float:
    """Return records a second that a sink of this delay acknowledged."""
    port = free_port()
    sink = [sys.executable, "-m", "tests.bench.sink", str(port), "--delay-ms", str(delay_ms)]
    source = [
        *(sys.executable, "-m", "tests.conformance.source_command"),
        *("--bootstrap", bootstrap, "--topic", topic, "--group", uuid.uuid4().hex),
        *("--sink", f"http://127.0.0.1:{port}/", "--order", "unordered"),
    ]
    with _process(sink):
        _wait_until_at_least(port, 0)
        with _process(source):
            first, began = _wait_until_at_least(port, _BEGUN)
            last, ended = _wait_until_at_least(port, records)
    return (last - first) / (ended - began)


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    folders = f"{ROOT}{os.pathsep}{ROOT / 'local-dev'}"
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": folders},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_at_least(port: int, wanted: int) -> tuple[int, float]:
    """Return how many the sink has acknowledged, and when, once it is so many."""
    end = time.perf_counter() + _PATIENCE_S
    while time.perf_counter() < end:
        if is_listening(port):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=_TIMEOUT_S) as got:
                count, now = int(got.read()), time.perf_counter()
            if count >= wanted:
                return count, now
        time.sleep(0.02)
    raise AssertionError(f"the sink has not acknowledged {wanted} events in {_PATIENCE_S:g} s")
