"""How long a function takes from exec to its first response that is a success.

Each runs with the packages of its own lock file and byte code for all of them, as its image has;
the environments are kept, so that the next run has them at once. The baseline is the same server
that serves nothing of ours. The files are warm: a first round is not counted.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from local_dev.paths import ROOT
from local_dev.servers.free_port import free_port
from shared.readings.reading_event import records_of
from tests.bench.figures import Figure, median_ratio
from tests.bench.http_load import event_bytes, request_bytes
from tests.bench.real_servers import RealServers
from tests.support.readings import NOW, at
from tests.support.servers import new_topic

NAME: Final = "cold-start"
_ENVIRONMENTS: Final = ROOT / ".data" / "cache" / "bench"
_PATIENCE_S: Final = 30.0
_ASK_EVERY_S: Final = 0.002
_BARE: Final = "bare server"
_WANTED_MS: Final = {"ingest": 500, "dashboard": 500, "aggregate": 350, "alert": 350, "dlq": 350}


@dataclass(frozen=True, slots=True)
class Start:
    """A process to start, and the request whose response ends the measurement."""

    name: str
    command: Sequence[str]
    request: bytes
    environment: Mapping[str, str]


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return the milliseconds of each function, and of a bare server."""
    starts = list(_starts(servers))
    took = [{one.name: _first_response_ms(one) for one in starts} for _ in range(rounds + 1)][1:]
    bare = [one[_BARE] for one in took]
    return [
        Figure(case=NAME, name=_BARE, value=statistics.median(bare), unit="ms"),
        *(_figure(one.name, [times[one.name] for times in took], bare) for one in starts[1:]),
    ]


def _figure(name: str, took: Sequence[float], bare: Sequence[float]) -> Figure:
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(took),
        unit="ms",
        baseline=_BARE,
        ratio=median_ratio(took, bare),
        less_is_better=True,
        note=f"wanted on an idle machine: under {_WANTED_MS[name]} ms",
    )


def _starts(servers: RealServers) -> Iterator[Start]:
    places = {
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
        "TELEMETRY_TOPIC": new_topic(servers.kafka),
        "MONGO_URL": servers.mongo_url,
        "MONGO_DB": "bench-cold-start",
    }
    get = b"GET /devices HTTP/1.1\r\nhost: bench\r\n\r\n"
    ts = datetime.now(UTC).isoformat()
    reading = f'{{"device_id":"bench","ts":"{ts}","temperature_c":21.5}}'.encode()
    (record,) = records_of([at(60)], NOW)
    dead_letter = (ROOT / "tests" / "events" / "dead-letter.json").read_bytes()
    requests = {
        "ingest": request_bytes("/ingest", reading),
        "aggregate": event_bytes(record),
        "alert": event_bytes(record),
        "dlq": request_bytes("/", dead_letter, "application/cloudevents+json"),
        "dashboard": get,
    }
    bare = [str(_python_of("aggregate")), "-m", "tests.bench.bare_server"]
    yield Start(_BARE, bare, requests["ingest"], places)
    for name, request in requests.items():
        yield Start(name, [str(_python_of(name)), "-m", "functions", name], request, places)


def _python_of(function: str) -> Path:
    """Return the interpreter of an environment with exactly the function's lock file."""
    lock = ROOT / "requirements" / f"{function}.txt"
    place = _ENVIRONMENTS / f"{function}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)]
        subprocess.run(pip, check=True, timeout=600)
        (place / "complete").touch()
    return python


def _first_response_ms(start: Start) -> float:
    """Return the time from exec to the first success. Raise AssertionError where none comes."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        **start.environment,
    }
    began = time.perf_counter()
    with _process(start.command, environment):
        while time.perf_counter() - began < _PATIENCE_S:
            if _is_success(port, start.request):
                return 1000 * (time.perf_counter() - began)
            time.sleep(_ASK_EVERY_S)
    raise AssertionError(f"{start.name} did not respond with a success in {_PATIENCE_S:g} s")


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _is_success(port: int, request: bytes) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.settimeout(_PATIENCE_S)
        connection.sendall(request)
        return connection.recv(64).startswith(b"HTTP/1.1 2")
    return False
