"""The notices of the alert function on a real database, with a clock and targets a test holds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from functions.alert.notify.retrying import Answer
from functions.alert.notify.sender import Sender
from functions.alert.notify.store import outbox
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.targets.signature import key_of
from functions.alert.notify.targets.webhook import Webhook
from shared.mongo.connection import Mongo
from tests.support.notices import NOON, SECRET
from tests.support.servers import Documents, mongo_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from functions.alert.notify.delivery import Client
    from functions.alert.notify.targets.target import Request
    from shared.mongo.database import Database

ONCALL = Webhook("oncall", "https://oncall.example/", (key_of(SECRET),))
TARGETS = Targets((ONCALL,))


@dataclass
class FakeClient:
    """What sends requests, told by a test what comes of each, by the target's address."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    always: dict[str, Answer] = field(default_factory=dict)
    posted: list[tuple[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    on_post: Callable[[], object] = lambda: None
    takes_s: float = 0.0

    async def post(self, request: Request) -> Answer:
        self.requests.append(request)
        self.posted.append((request.url, json.loads(request.body)))
        self.on_post()
        await asyncio.sleep(self.takes_s)
        waiting = self.answers.get(request.url)
        return waiting.pop(0) if waiting else self.always.get(request.url, Answer(204))

    def kinds(self, target: Webhook = ONCALL) -> list[str]:
        """Return the kinds of the notices that a webhook was sent, in their order."""
        sent = [content for url, content in self.posted if url == target.url]
        return [content["type"].rpartition(".")[2] for content in sent]


@dataclass
class Notifying:
    """A process that writes out changes and sends notices; each use has a sender of its own."""

    url: str
    database: Documents
    targets: Targets = TARGETS
    client: FakeClient = field(default_factory=FakeClient)
    client_of: Callable[[], Client] | None = None
    minutes: float = 0.0
    begins: datetime = NOON
    commits: int = 0
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.mongo = Mongo(mongo_at(self.url, self.database.name))

    def __enter__(self) -> Self:
        self.runner.run(self.mongo.open())
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.mongo.close())
        self.runner.close()

    @property
    def now(self) -> datetime:
        return self.begins + timedelta(minutes=self.minutes)

    def sender(self) -> Sender:
        """Return the sender of another process, with the client and the clock of the test."""
        return Sender(self.mongo, self.targets, self.client_of or self._client, self.clock)

    def run(self, use: Callable[[Sender], Awaitable[Any]]) -> Any:
        """Use a sender from its opening to its end."""

        async def used() -> Any:
            sender = self.sender()
            await sender.open()
            try:
                return await use(sender)
            finally:
                await sender.close()

        return self.runner.run(used())

    def changes(self, *changes: tuple[str, Mapping[str, Any]], was_flapping: bool = False) -> int:
        """Write out these changes of alerts; return how many rows were new."""

        async def written(sender: Sender) -> int:
            rows: list[dict[str, Any]] = []
            for kind, document in changes:
                self.commits += 1
                rows += sender.rows_for(
                    kind, document, self.commits, self.now, was_flapping=was_flapping
                )
                self.stores(document)
            return await self.insert(rows)

        new: int = self.run(written)
        return new

    async def insert(self, rows: Sequence[dict[str, Any]]) -> int:
        """Insert these rows; return how many were new."""
        database = self.mongo.database
        async with database.client.start_session(causal_consistency=True) as session:
            return await outbox.insert(database, session, rows)

    def stores(self, document: Mapping[str, Any]) -> None:
        """Store an alert as it is now."""
        self.database["alerts"].replace_one({"_id": document["_id"]}, document, upsert=True)

    def sends(self, at_minute: float) -> list[str]:
        """Send what is due then; return the kinds that the webhook `oncall` was sent by it."""
        self.minutes = at_minute
        before = len(self.client.kinds())
        self.run(lambda sender: sender.send_due(self.now))
        return self.client.kinds()[before:]

    def ticks(self, at_minute: float) -> list[str]:
        """Have a tick then; return the kinds that the webhook `oncall` was sent by it."""
        self.minutes = at_minute
        before = len(self.client.kinds())
        self.run(lambda sender: sender.tick())
        return self.client.kinds()[before:]

    def rows(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return the rows as they are stored, in order."""
        return list(self.database["notifications"].find(wanted, sort=[("order", 1), ("_id", 1)]))

    def statuses(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["status"]) for row in self.rows()]

    def _client(self) -> Client:
        return self.client

    async def clock(self, _: Database) -> datetime:
        return self.now
