"""Where do the routes find the database? What `application` gives them with each request."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.mongo.database import Database


class Connection(Protocol):
    """An opened database; `database` raises TemporaryError where none has answered yet."""

    @property
    def database(self) -> Database: ...


@dataclass(frozen=True, slots=True)
class Store:
    """The database, and the width of the windows that its horizon is about."""

    connection: Connection
    window_seconds: int

    @property
    def database(self) -> Database:
        return self.connection.database


def _of(request: Request) -> Store:
    store = request.app.state.store
    assert isinstance(store, Store)
    return store


Stored = Annotated[Store, Depends(_of)]
