"""How many events a second alert handles: of devices that are well, and of such that are not.

    local-dev/bench alert

Each event has one reading, and 500 are on their way at a time, so this is all that the function
does of them besides HTTP. The baseline stores the same readings and looks at no rule. Of what is
heavy, every tenth reading changes a timeline: a device goes beyond its limit with one reading, and
comes back with its next.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.alert.function import alert_function
from shared.alerts.rules.load import rule_set
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming, keep
from shared.readings.cloud_event import CloudEvent
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from shared.readings.reading_event import records_of
from shared.serving.application import tune_garbage_collector
from shared.serving.event_function import EventFunction
from shared.serving.http import HttpRequest
from shared.serving.intake import Intake
from shared.settings import ThresholdSettings
from tests.bench.aggregate import database_of
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers
from tests.support.readings import request_headers

NAME: Final = "alert"
_READINGS: Final = 20_000
_DEVICES: Final = 1_000
_STORE: Final = "stored, and nothing else"
_QUIET: Final = "devices that are well"
_HEAVY: Final = "every tenth reading changes a timeline"
_HOT: Final = 60.0
_WELL: Final = 20.0
_IN_FLIGHT: Final = 500

Way = Callable[[Mongo], EventFunction]


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return events a second of each way, with garbage collected as in a process of a function."""
    tune_garbage_collector()
    rates: dict[str, list[float]] = {_STORE: [], _QUIET: [], _HEAVY: []}
    for _ in range(rounds):
        for name, rate in asyncio.run(one_round(servers.mongo_url, _READINGS)).items():
            rates[name].append(rate)
    return [
        Figure(case=NAME, name=_STORE, value=statistics.median(rates[_STORE]), unit="events/s"),
        _figure(_QUIET, rates, _STORE, 0.9),
        _figure(_HEAVY, rates, _QUIET, 0.4),
    ]


async def one_round(url: str, count: int) -> dict[str, float]:
    """Return the rates of one round."""
    return {
        _STORE: await _rate(url, storing, events(count, changes_every=0)),
        _QUIET: await _rate(url, alerting, events(count, changes_every=0)),
        _HEAVY: await _rate(url, alerting, events(count, changes_every=10)),
    }


def events(count: int, changes_every: int) -> list[HttpRequest]:
    """Return an event of each reading, each device one a second; of so many one changes a timeline.

    As they come from KafkaSource, with the record's headers.
    """
    now, chance = datetime.now(UTC), random.Random(1)
    seconds = count / _DEVICES
    hot: set[str] = set()
    made = []
    for place in range(count):
        device_id = f"device-{place % _DEVICES}"
        if device_id in hot:
            hot.discard(device_id)
        elif changes_every and chance.randrange(2 * changes_every) == 0:
            hot.add(device_id)
        warm = (_HOT if device_id in hot else _WELL) + chance.random()
        ts = now - timedelta(seconds=seconds * (1 - place / count))
        digest = digest_of(device_id, ts, None, {"temperature_c": warm}, (None, None))
        reading_id = reading_id_of(ts, digest)
        reading = Reading(reading_id=reading_id, device_id=device_id, ts=ts, temperature_c=warm)
        (record,) = records_of([reading], now)
        made.append(HttpRequest("POST", "/", request_headers(record), record.value))
    return made


def _figure(name: str, rates: dict[str, list[float]], baseline: str, wanted: float) -> Figure:
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(rates[name]),
        unit="events/s",
        baseline=baseline,
        ratio=median_ratio(rates[name], rates[baseline]),
        wanted=wanted,
    )


async def _rate(url: str, way: Way, requests: Sequence[HttpRequest]) -> float:
    async with database_of(url) as mongo:
        function = way(mongo)
        await function.respond(requests[0])  # publishes the rules, makes the collections
        started = time.perf_counter()
        await _delivered(function, requests)
        return len(requests) / (time.perf_counter() - started)


async def _delivered(function: EventFunction, requests: Sequence[HttpRequest]) -> None:
    left = iter(requests)

    async def deliver() -> None:
        for request in left:
            answer = await function.respond(request)
            assert answer.status < 300, answer

    await asyncio.gather(*(deliver() for _ in range(_IN_FLIGHT)))


def alerting(mongo: Mongo) -> EventFunction:
    """Return the function, whose database is open."""
    return alert_function(mongo, rule_set(ThresholdSettings(), ""))


def storing(mongo: Mongo) -> EventFunction:
    """Return a function that stores what alert stores, and does nothing else."""
    return EventFunction("alert", mongo, _Storing(mongo))


class _Storing:
    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._intake = Intake(self._keep, mongo.holds_dedup_unique)

    async def handle(self, event: CloudEvent) -> None:
        await self._intake.take(event)

    async def _keep(self, incoming: Sequence[Incoming]) -> frozenset[str]:
        database = self._mongo.database
        async with database.client.start_session(causal_consistency=True) as session:
            return (await keep(database, session, incoming)).too_late
