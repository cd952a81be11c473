"""A client of a dashboard on the real MongoDB, whose commands are recorded and explained."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from pymongo import AsyncMongoClient, MongoClient
from pymongo.database import Database as PlainDatabase
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from functions.dashboard.application import DashboardFunction
from shared.mongo.collections import Document
from shared.mongo.database import Database, majority
from shared.mongo.indexes import make_indexes
from shared.serving.application import FunctionApplication
from shared.settings import DashboardSettings


class Recorder(CommandListener):
    """Keeps the commands that read."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in {"find", "aggregate", "count", "distinct", "getMore"}:
            self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


@dataclass(slots=True)
class Connected:
    """A connection of the dashboard to a database of one test."""

    url: str
    name: str
    recorder: Recorder = field(default_factory=Recorder)
    client: AsyncMongoClient[Document] | None = None

    async def open(self) -> None:
        self.client = AsyncMongoClient(self.url, tz_aware=True, event_listeners=[self.recorder])
        await make_indexes(self.database)

    async def close(self) -> None:
        assert self.client is not None
        await self.client.close()

    def not_ready(self) -> str | None:
        return None

    @property
    def database(self) -> Database:
        assert self.client is not None
        return majority(self.client, self.name)


_EXPLAINED = (  # of a command: what explain takes, the command's own name first
    "find", "count", "aggregate", "pipeline", "cursor",
    "filter", "projection", "sort", "limit", "singleBatch", "hint",
)  # fmt: skip


@dataclass(slots=True)
class DashboardClient:
    """A client of the dashboard, and the database behind it."""

    stored: PlainDatabase[Document]
    connection: Connected
    loop: asyncio.Runner
    shell: FunctionApplication

    def get(self, path: str) -> httpx.Response:
        return self.loop.run(self._get(path))

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.loop.run(self.sent("POST", path, body, headers))

    def post_form(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        return self.loop.run(self._post_form(path, form))

    def delete(self, path: str) -> httpx.Response:
        return self.loop.run(self.sent("DELETE", path))

    def post_all(self, requests: Sequence[tuple[str, object]]) -> list[httpx.Response]:
        """Send these at once; return their responses in the same order."""

        async def send_all() -> list[httpx.Response]:
            return list(await asyncio.gather(*(self.sent("POST", *one) for one in requests)))

        return self.loop.run(send_all())

    def store(self, collection: str, documents: list[Document]) -> None:
        """Store these in place of all that the collection held."""
        self.stored[collection].delete_many({})
        if documents:
            self.stored[collection].insert_many(documents)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Return the rows of one page."""
        found: list[dict[str, Any]] = self.get(path).raise_for_status().json()["data"]
        return found

    def all_rows(self, path: str) -> list[dict[str, Any]]:
        """Return the rows of all pages, by following the cursors."""
        rows, cursor = [], ""
        while True:
            page = self.get(path + cursor).raise_for_status().json()
            rows += page["data"]
            if page["next_cursor"] is None:
                return rows
            cursor = f"&cursor={page['next_cursor']}"

    def explained(self, path: str) -> list[dict[str, Any]]:
        """Return what each command that the database got for a request examined."""
        self.connection.recorder.commands.clear()
        self.get(path).raise_for_status()
        return [self._explain(command) for command in self.connection.recorder.commands]

    def _explain(self, command: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: command[name] for name in _EXPLAINED if name in command}
        explained = self.stored.command(
            {"explain": shown, "verbosity": "executionStats"},
            codec_options=self.stored.codec_options,
        )
        # A pipeline that the server does not run as one plan begins with the plan of its reads.
        plan = explained["stages"][0]["$cursor"] if "stages" in explained else explained
        found: dict[str, Any] = plan["executionStats"]
        return found

    def ask(self, path: str, **headers: str) -> httpx.Response:
        """Read with these headers, `_` in a name for its `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.loop.run(self.sent("GET", path, headers=named))

    async def _post_form(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.post(path, data=form)

    async def _get(self, path: str) -> httpx.Response:
        return await self.sent("GET", path)

    async def sent(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.shell)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.request(method, path, headers=headers, json=body)


@contextmanager
def dashboard_on(
    mongo_url: str,
    settings: DashboardSettings | None = None,
    lateness: timedelta | None = None,
) -> Iterator[DashboardClient]:
    """Yield the client of a dashboard on an empty database, which is dropped in the end."""
    connection = Connected(mongo_url, f"dashboard-{uuid.uuid4().hex}")
    function = DashboardFunction(connection, 60, settings or DashboardSettings(), lateness=lateness)
    # Bounds of indexes in what is explained can be times that no datetime has.
    plain = MongoClient[Document](mongo_url, tz_aware=True, datetime_conversion="DATETIME_CLAMP")
    with asyncio.Runner() as loop, plain as client:
        loop.run(function.open())
        shell = FunctionApplication(function, function.application)
        yield DashboardClient(client[connection.name], connection, loop, shell)
        loop.run(function.close())
        client.drop_database(connection.name)


def stages_of(explained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stages of an executed plan, the outermost first."""
    return _with_inputs(explained["executionStages"])


def _with_inputs(stage: dict[str, Any]) -> list[dict[str, Any]]:
    inputs = [
        *stage.get("inputStages", []),
        *([stage["inputStage"]] if "inputStage" in stage else []),
    ]
    return [stage, *(inner for one in inputs for inner in _with_inputs(one))]
