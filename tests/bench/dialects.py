"""What each dialect of ingest costs, and what it costs to know who posts, beside plain JSON.

    local-dev/bench dialects

Within one process and without a broker: what the function itself does of a request with one
reading. A token that was seen lately is remembered; one that was not is verified.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from functions.ingest.app import options_of
from functions.ingest.function import IngestFunction
from functions.ingest.gate import Gate
from functions.ingest.rate_limits import RateLimits
from shared.auth.verifier import Verifier
from shared.serving.http import HttpRequest
from shared.settings import IngestSettings
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers
from tests.support.credentials import T0, SigningKey, auth_folder
from tests.support.dialect_requests import DIALECTS, Request
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW

NAME: Final = "dialects"
_PLAIN: Final = "plain"
_REQUESTS: Final = 5_000
_DEVICE: Final = "greenhouse-1"
_KNOWN: Final = "plain, with a token"
_NEW: Final = "plain, each with another {} token"
_LIMITED: Final = "plain, with a limit for each device"
_ALGORITHMS: Final = ("EdDSA", "ES256", "HS256")
_WANTED: Final = {_KNOWN: 0.8, _LIMITED: 0.8}


def figures(_servers: RealServers, rounds: int) -> list[Figure]:
    """Return requests of each in a second of the processor."""
    with TemporaryDirectory() as folder:
        keys = {algorithm: SigningKey(algorithm, algorithm) for algorithm in _ALGORITHMS}
        issuer = {"name": "devices", "keys": list(keys.values()), "scopes": ["ingest"]}
        file = auth_folder(Path(folder), [issuer])
        rates: dict[str, list[float]] = {}
        for number in range(rounds):
            for name, rate in _round(file, keys, number):
                rates.setdefault(name, []).append(rate)
    return [_figure(name, rates) for name in rates]


def _round(file: Path, keys: dict[str, SigningKey], number: int) -> Iterator[tuple[str, float]]:
    yield _PLAIN, _rate([DIALECTS[_PLAIN](_DEVICE)])
    for name, request_of in DIALECTS.items():
        if name != _PLAIN:
            yield name, _rate([request_of(_DEVICE)])
    gate = Gate(Verifier(file, now=lambda: T0), None)
    yield _KNOWN, _rate(_with_tokens(keys["EdDSA"], f"{number}", 1), gate)
    for algorithm, key in keys.items():
        requests = _with_tokens(key, f"{number}", _REQUESTS)
        yield _NEW.format(algorithm), _rate(requests, gate)
    yield _LIMITED, _rate([DIALECTS[_PLAIN](_DEVICE)], Gate(None, RateLimits(10**9, 10**9)))


def _with_tokens(key: SigningKey, round_: str, count: int) -> list[Request]:
    path, headers, body = DIALECTS[_PLAIN](_DEVICE)
    tokens = (key.token(dev=[_DEVICE], jti=f"{round_}-{n}") for n in range(count))
    return [(path, [*headers, ("authorization", f"Bearer {one}")], body) for one in tokens]


def _rate(requests: Sequence[Request], gate: Gate | None = None) -> float:
    function = IngestFunction(
        FakePublisher(),
        "telemetry.raw",
        lambda: NOW,
        lambda: "n0",
        options=options_of(IngestSettings()),
        gate=gate,
    )
    made = [_made(*one) for one in requests]

    async def responded() -> float:
        await function.respond(made[0])  # imports the dialect
        started = time.process_time()
        for request in islice(cycle(made), _REQUESTS):
            response = await function.respond(request)
            assert response.status < 300, response
        return _REQUESTS / (time.process_time() - started)

    return asyncio.run(responded())


def _made(path: str, headers: Sequence[tuple[str, str]], body: bytes) -> HttpRequest:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return HttpRequest("POST", path, raw, body)


def _figure(name: str, rates: dict[str, list[float]]) -> Figure:
    is_plain = name == _PLAIN
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(rates[name]),
        unit="per cpu s",
        baseline=None if is_plain else _PLAIN,
        ratio=None if is_plain else median_ratio(rates[name], rates[_PLAIN]),
        wanted=_WANTED.get(name),
    )
