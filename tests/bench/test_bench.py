"""The benchmarks run; what they measure is for people to read, not for a machine to judge."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.bench import aggregate, alert, alert_timeline, cloud_events, reads, reads_history
from tests.bench.chart import chart_of
from tests.bench.figures import Figure, median_ratio, table
from tests.bench.http_load import request_bytes
from tests.bench.sink import Sink


@pytest.mark.database
def test_the_benchmark_of_aggregate_runs(mongo_url: str) -> None:
    figures = asyncio.run(aggregate.measured(mongo_url, 1_000, rounds=1))

    assert min(figure.value for figure in figures) > 0


@pytest.mark.database
def test_the_benchmark_of_alert_runs(mongo_url: str) -> None:
    rates = asyncio.run(alert.one_round(mongo_url, 1_000))

    assert min(rates.values()) > 0


@pytest.mark.database
def test_the_benchmark_of_reads_runs(
    mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads_history, "YEAR", 2)

    figures = reads.measured(mongo_url, tmp_path, rounds=1, sizes=[1_000, 2_000], seconds=0.1)

    assert min(figure.value for figure in figures) > 0
    assert sum(figure.ratio is not None for figure in figures) == len(reads.PATHS)


def test_the_benchmark_of_the_cloud_events_sdk_runs() -> None:
    ours, theirs = cloud_events.decoders()

    line = cloud_events.line_of("decode", ours, theirs, rounds=1, calls=10)

    assert line.startswith("decode: ours ")


def test_the_benchmark_of_timelines_runs() -> None:
    line = alert_timeline.line_of(count=400, every=10)

    assert " us a reading, " in line


BASE = Figure(case="c", name="base", value=200.0, unit="posts/s")
FAST = Figure(
    case="c", name="fast", value=120.0, unit="posts/s", baseline="base", ratio=0.6, wanted=0.5
)
SLOW = Figure(
    case="c", name="slow & odd", value=80.0, unit="posts/s", baseline="base", ratio=0.4, wanted=0.5
)


def test_a_figure_that_misses_what_was_wanted_says_so() -> None:
    lines = list(table([BASE, FAST, SLOW]))

    assert [line.endswith("MISSED") for line in lines] == [False, False, False, True]


@pytest.mark.parametrize(("less", "is_met"), [(False, True), (True, False)])
def test_a_ratio_of_times_is_met_from_below_and_one_of_rates_from_above(
    *, less: bool, is_met: bool
) -> None:
    assert replace(FAST, less_is_better=less).is_met is is_met


def test_the_picture_of_a_case_is_to_scale_and_well_formed() -> None:
    picture = ET.fromstring(chart_of([BASE, FAST, SLOW]))

    widths = [float(bar.attrib["width"]) for bar in picture.iterfind("{*}rect")]
    assert widths[1] / widths[0] == pytest.approx(0.6, abs=0.01)


def test_the_ratio_of_rounds_is_the_median_of_the_ratios_within_each() -> None:
    assert median_ratio([1.0, 4.0, 9.0], [2.0, 4.0, 3.0]) == 1.0


def test_a_sink_answers_two_requests_that_came_in_one_packet_and_one_that_came_in_two() -> None:
    sink, transport = Sink(delay_s=0.0), Written()
    sink.connection_made(transport)
    request = request_bytes("/", b"{}")

    sink.data_received(request + request + request[:-1])
    sink.data_received(request[-1:])

    assert transport.written.count(b"202 Accepted") == 3


class Written(asyncio.Transport):
    written = b""

    def write(self, data: Any) -> None:
        self.written += data
