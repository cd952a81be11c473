"""The building of indexes where the database fails, or does not say how far it is."""

import asyncio
import logging
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from shared.mongo import index_build
from shared.mongo.index_build import IndexBuild


class Failover:
    """A database whose first operation on each collection fails, and whose user sees nothing."""

    def __init__(self) -> None:
        self.client = self.admin = self
        self.failed: set[str] = set()
        self.built: list[str] = []

    def __getitem__(self, name: str) -> Any:
        return FailingCollection(self, name)

    async def aggregate(self, _pipeline: object) -> Any:
        raise OperationFailure("not authorized on admin to execute command")


class FailingCollection:
    """One of its collections."""

    def __init__(self, database: Failover, name: str) -> None:
        self._database = database
        self._name = name

    async def estimated_document_count(self) -> int:
        raise AutoReconnect("the primary stepped down")

    async def create_indexes(self, _indexes: object) -> None:
        await asyncio.sleep(0.03)
        if self._name not in self._database.failed:
            self._database.failed.add(self._name)
            raise AutoReconnect("the primary stepped down")
        self._database.built.append(self._name)

    async def index_information(self) -> dict[str, Any]:
        return {}


def test_every_index_is_built_after_a_failover(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(index_build, "_AFTER_FAILOVER_S", 0.01)
    monkeypatch.setattr(index_build, "_REPORT_S", 0.01)
    database: Any = Failover()
    build = IndexBuild(database, None)
    caplog.set_level(logging.INFO)

    asyncio.run(build.run())

    assert set(database.built) == database.failed
    assert all(build.has(name) for name in database.built)
    reasons = {record.message: vars(record).get("reason", "") for record in caplog.records}
    assert "stepped down" in reasons["index not built"]
    assert "not authorized" in reasons["building an index"]
