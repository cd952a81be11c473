"""The benchmarks run; what they measure is for people to read, not for a machine to judge."""

import asyncio

import pytest

from tests.bench import aggregate


@pytest.mark.database
def test_the_benchmark_of_aggregate_runs(mongo_url: str) -> None:
    results = asyncio.run(aggregate.run(mongo_url, count=1_000, rounds=1))

    assert min(results.values()) > 0
