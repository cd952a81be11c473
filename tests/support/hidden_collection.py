"""A database in which a majority does not hold what was written to one collection."""

from types import SimpleNamespace
from typing import Any

from shared.mongo.database import Database


def where_nothing_is_found_in(database: Database, name: str) -> Any:
    """Return `database` as its readers see it while a majority lags: `name` seems empty."""
    return _Lagging(database, name)


class _Lagging:
    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def __getitem__(self, name: str) -> Any:
        collection = self._database[name]
        if name != self._name:
            return collection
        return SimpleNamespace(insert_many=collection.insert_many, find=_find_nothing)


def _find_nothing(*_: Any, **__: Any) -> Any:
    return SimpleNamespace(to_list=_to_list)


async def _to_list() -> list[Any]:
    return []
