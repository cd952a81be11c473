"""How many readings a second alert keeps: of devices that are well, and of such that are not.

    local-dev/bench alert

The baseline stores the same readings and looks at no rule, as alert did before it had any. Of what
is heavy, every tenth reading changes a timeline: a device goes beyond its limit with one reading,
and comes back with its next.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from functions.alert.intake import keep_and_alert
from functions.alert.rules_in_force import RulesInForce
from functions.alert.work import AlertWork
from shared.alerts.rules.load import rule_set
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming, keep
from shared.readings.identity import digest_of, reading_id_of
from shared.readings.reading import Reading
from shared.settings import ThresholdSettings
from tests.bench.aggregate import database_of, written
from tests.bench.figures import Figure, median_ratio
from tests.bench.real_servers import RealServers

NAME: Final = "alert"
_READINGS: Final = 20_000
_DEVICES: Final = 1_000
_STORE: Final = "stored, and nothing else"
_QUIET: Final = "devices that are well"
_HEAVY: Final = "every tenth reading changes a timeline"
_HOT: Final = 60.0
_WELL: Final = 20.0

Way = Callable[[Mongo, Sequence[Incoming]], Awaitable[None]]


def figures(servers: RealServers, rounds: int) -> list[Figure]:
    """Return readings a second of each way."""
    rates: dict[str, list[float]] = {_STORE: [], _QUIET: [], _HEAVY: []}
    for _ in range(rounds):
        for name, rate in asyncio.run(one_round(servers.mongo_url, _READINGS)).items():
            rates[name].append(rate)
    return [
        Figure(case=NAME, name=_STORE, value=statistics.median(rates[_STORE]), unit="readings/s"),
        _figure(_QUIET, rates, _STORE, 0.9),
        _figure(_HEAVY, rates, _QUIET, 0.4),
    ]


async def one_round(url: str, count: int) -> dict[str, float]:
    """Return the rates of one round."""
    return {
        _STORE: await _rate(url, _stored, readings(count, changes_every=0)),
        _QUIET: await _rate(url, _alerting(), readings(count, changes_every=0)),
        _HEAVY: await _rate(url, _alerting(), readings(count, changes_every=10)),
    }


def readings(count: int, changes_every: int) -> list[Incoming]:
    """Return readings, each device one a second; about one of so many changes a timeline."""
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
        values = {"temperature_c": warm}
        reading_id = reading_id_of(ts, digest_of(device_id, ts, None, values, (None, None)))
        reading = Reading(reading_id=reading_id, device_id=device_id, ts=ts, temperature_c=warm)
        made.append(Incoming(reading, now))
    return made


def _figure(name: str, rates: dict[str, list[float]], baseline: str, wanted: float) -> Figure:
    return Figure(
        case=NAME,
        name=name,
        value=statistics.median(rates[name]),
        unit="readings/s",
        baseline=baseline,
        ratio=median_ratio(rates[name], rates[baseline]),
        wanted=wanted,
    )


async def _rate(url: str, way: Way, incoming: Sequence[Incoming]) -> float:
    async with database_of(url) as mongo:
        await way(mongo, incoming[:1])  # publishes the rules, makes the collections
        started = time.perf_counter()
        await written(way, mongo, incoming, lambda: None)
        return len(incoming) / (time.perf_counter() - started)


async def _stored(mongo: Mongo, batch: Sequence[Incoming]) -> None:
    async with mongo.database.client.start_session(causal_consistency=True) as session:
        await keep(mongo.database, session, batch)


def _alerting() -> Way:
    work = AlertWork(RulesInForce(rule_set(ThresholdSettings(), "")))

    async def way(mongo: Mongo, batch: Sequence[Incoming]) -> None:
        await keep_and_alert(mongo.database, batch, work)

    return way
