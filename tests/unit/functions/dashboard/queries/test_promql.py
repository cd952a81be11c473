"""Queries of PromQL, as far as they need no database."""

import asyncio

import pytest

from functions.dashboard.dependencies import Store
from functions.dashboard.prometheus.request import Times
from functions.dashboard.queries import promql
from functions.dashboard.queries.selector_reads import Warnings
from shared.mongo.database import Database
from shared.outcomes import TemporaryError


class NotYetConnected:
    @property
    def database(self) -> Database:
        raise AssertionError


def test_a_query_whose_turn_does_not_come_is_to_be_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(promql, "_PATIENCE_S", 0.01)
    at_noon = Times(43_200_000, 43_200_000, 1)

    async def asked() -> None:
        store = Store(NotYetConnected(), 60, evaluations=asyncio.Semaphore(0))
        await promql.value_of(store, "t", at_noon, Warnings())

    with pytest.raises(TemporaryError, match="other queries are being evaluated"):
        asyncio.run(asked())
