"""The benchmarks run; what they measure is for people to read, not for a machine to judge."""

import asyncio

import pytest

from tests.bench import aggregate, alert_timeline, cloud_events


@pytest.mark.database
def test_the_benchmark_of_aggregate_runs(mongo_url: str) -> None:
    results = asyncio.run(aggregate.run(mongo_url, count=1_000, rounds=1))

    assert min(results.values()) > 0


def test_the_benchmark_of_the_cloud_events_sdk_runs() -> None:
    ours, theirs = cloud_events.decoders()

    line = cloud_events.line_of("decode", ours, theirs, rounds=1, calls=10)

    assert line.startswith("decode: ours ")


def test_the_benchmark_of_timelines_runs() -> None:
    line = alert_timeline.line_of(count=400, every=10)

    assert " us a reading, " in line
