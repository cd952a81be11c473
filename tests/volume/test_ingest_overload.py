"""Ingest while Kafka takes nothing: its memory is bounded, and who is refused learns it at once."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.readings import posted

LIMIT: Final = 256 * 1024 * 1024  # the limit of memory in knative/services/ingest.yaml
SENDERS: Final = 200  # its containerConcurrency
VALUES: Final = {f"s{number}": number + 0.25 for number in range(10)}
READINGS: Final = [posted(device_id=f"d-{n}", measurements=VALUES) for n in range(4_500)]
BODY: Final = json.dumps(READINGS).encode()


@pytest.fixture
def stalled() -> Iterator[str]:
    """Give the address of a broker that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for one in kept:
        one.close()


@pytest.fixture
def ingest(stalled: str, root: Path, tmp_path: Path) -> Iterator[FunctionProcess]:
    environment = {"KAFKA_BOOTSTRAP_SERVERS": stalled, "KAFKA_TIMEOUT_MS": "4000"}
    with running(deployed("ingest"), root, environment, tmp_path / "log") as process:
        yield process


def post(port: int) -> tuple[int, str, float]:
    """Return the status, the reason, and the seconds from the end of the body to the response."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/ingest", BODY, {"content-type": "application/json"})
    sent = time.monotonic()
    with connection.getresponse() as response:
        content = json.loads(response.read())
    connection.close()
    return response.status, content["reason"], time.monotonic() - sent


@pytest.mark.timeout(120)
def test_bodies_that_wait_for_kafka_are_held_within_the_limit_of_memory(
    ingest: FunctionProcess,
) -> None:
    """Two hundred bodies of nearly 1 MiB at once; before there was a bound it took 600 MiB."""
    assert 900_000 < len(BODY) < 1_048_576
    process, peak = psutil.Process(ingest.process.pid), 0
    with ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(post, ingest.port) for _ in range(SENDERS)]
        while not all(one.done() for one in sending):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.01)
        seen = [one.result() for one in sending]

    reasons = Counter((status, reason) for status, reason, _ in seen)
    assert reasons.keys() == {(503, "kafka"), (503, "overloaded")}
    assert peak < LIMIT, f"{peak / 1024**2:.0f} MiB"
    assert ingest.process.poll() is None
    print(f"{peak / 1024**2:.0f} MiB at most; {reasons}")
