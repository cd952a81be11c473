"""What a route gets beside its parameters: the database and the width of the windows."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.mongo.database import Database


class Connection(Protocol):
    """An opened database; `database` raises TemporaryError where none has responded yet."""

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


def _store_of(request: Request) -> Store:
    store = request.app.state.store
    assert isinstance(store, Store)
    return store


StoreOfRequest = Annotated[Store, Depends(_store_of)]
