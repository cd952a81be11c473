"""What a route gets beside its parameters: the database, and the settings of what is shown.

All of it is `async`, although nothing waits: FastAPI would ask a thread for anything else.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Protocol

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from shared.mongo.database import Database
from shared.settings import DashboardSettings

# Clients append the next cursor to the URL of the page before.
_LAST_COUNTS: Final = "cursor"


class Connection(Protocol):
    """An opened database; `database` raises TemporaryError where none has responded yet."""

    @property
    def database(self) -> Database: ...


@dataclass(frozen=True, slots=True)
class Store:
    """The database, and the width of the windows that its horizon is about.

    `lateness`: how long after its time a reading can still change its window; None is for ever.
    `evaluations`: as many queries of many windows are evaluated at once.
    """

    connection: Connection
    window_seconds: int
    lateness: timedelta | None = None
    evaluations: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_seconds)

    @property
    def database(self) -> Database:
        return self.connection.database


async def _store_of(request: Request) -> Store:
    store = request.app.state.store
    assert isinstance(store, Store)
    return store


async def _settings_of(request: Request) -> DashboardSettings:
    settings = request.app.state.settings
    assert isinstance(settings, DashboardSettings)
    return settings


async def _now() -> datetime:
    """Return the time in whole milliseconds, as the database stores it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


async def refuse_repeated_parameters(request: Request) -> None:
    """Raise RequestValidationError where a parameter is given twice: which counts is unclear."""
    times = Counter(name for name, _ in request.query_params.multi_items())
    repeated = [name for name in times if times[name] > 1 and name != _LAST_COUNTS]
    if repeated:
        detail = {"type": "repeated", "msg": "given more than once"}
        raise RequestValidationError([{**detail, "loc": ("query", name)} for name in repeated])


StoreOfRequest = Annotated[Store, Depends(_store_of)]
Now = Annotated[datetime, Depends(_now)]
ShownSettings = Annotated[DashboardSettings, Depends(_settings_of)]
