"""On which database does a scenario run? On the double, alone and without faults, or on a real
MongoDB, in a database of its own.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar, cast

from shared.mongo.database import Database, client_of, majority
from shared.settings import MongoSettings
from tests.simulation.database_double.client import Client
from tests.simulation.database_double.connection import Connection
from tests.simulation.database_double.replica import Replica
from tests.simulation.seeded_random import NoChance
from tests.simulation.trampoline import Trampoline

_T = TypeVar("_T")
Scenario = Callable[[Database], Coroutine[Any, Any, _T]]
_WALL: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_STEP_S: Final = 0.1


class Databases(Protocol):
    """Where a scenario can run; each run begins with an empty database."""

    def run(self, scenario: Scenario[_T]) -> _T: ...


@dataclass(frozen=True, slots=True)
class Double:
    """The double: its clock goes on by a tenth of a second each step, a majority keeps up."""

    def run(self, scenario: Scenario[_T]) -> _T:
        replica, trampoline = Replica(_WALL), Trampoline()
        client: Any = Client(Connection(replica, trampoline, NoChance()))
        running = trampoline.spawn("scenario", scenario(majority(client, "iotdb")))
        while not running.is_done:
            trampoline.step(trampoline.ready()[-1])
            replica.advance(replica.lag)
            replica.tick(_STEP_S)
        if running.error is not None:
            raise running.error
        return cast("_T", running.result)


@dataclass(frozen=True, slots=True)
class Real:
    """The MongoDB at this URL."""

    url: str

    def run(self, scenario: Scenario[_T]) -> _T:
        return asyncio.run(self._run(scenario))

    async def _run(self, scenario: Callable[[Database], Awaitable[_T]]) -> _T:
        name = f"exactness_{uuid.uuid4().hex}"
        async with client_of(MongoSettings(mongo_url=self.url)) as client:
            try:
                return await scenario(majority(client, name))
            finally:
                await client.drop_database(name)
