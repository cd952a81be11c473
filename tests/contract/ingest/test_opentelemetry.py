"""The OpenTelemetry SDK exports as it is, and takes the answers as it means them."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource

from tests.support.ingest_server import IngestServer


@pytest.fixture(params=[Compression.NoCompression, Compression.Gzip, Compression.Deflate], ids=str)
def exporter(request: pytest.FixtureRequest, ingest: IngestServer) -> Iterator[OTLPMetricExporter]:
    made = OTLPMetricExporter(f"{ingest.url}/v1/metrics", compression=request.param, timeout=5)
    yield made
    made.shutdown()


def collected(device: str = "greenhouse-1") -> Any:
    """Return what an SDK collects of a gauge, a counter and a histogram."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource.create({"device.id": device}))
    meter = provider.get_meter("test")

    def temperature(_options: CallbackOptions) -> list[Observation]:
        return [Observation(21.5)]

    meter.create_observable_gauge("temperature", [temperature], unit="Cel")
    meter.create_counter("doors.opened").add(3, {"door": "north"})
    meter.create_histogram("latency").record(5)
    data = reader.get_metrics_data()
    provider.shutdown()
    return data


@pytest.fixture(autouse=True)
def at_the_time_of_the_sdk(ingest: IngestServer) -> None:
    """Let ingest have the clock of this machine, which the SDK reads."""
    ingest.now = datetime.now(UTC)


def test_gauges_and_sums_are_stored(exporter: OTLPMetricExporter, ingest: IngestServer) -> None:
    result = exporter.export(collected())

    assert result is MetricExportResult.SUCCESS
    assert {one["device_id"] for one in ingest.queued} == {"greenhouse-1"}
    assert {one.get("temperature_c") for one in ingest.queued} == {21.5, None}
    assert [one["measurements"] for one in ingest.queued if "measurements" in one] == [
        {"doors_opened_north": 3.0}
    ]


def test_an_export_that_is_refused_is_a_failure_and_is_not_tried_again(
    exporter: OTLPMetricExporter, ingest: IngestServer
) -> None:
    result = exporter.export(collected("no spaces"))

    assert result is MetricExportResult.FAILURE
    assert ingest.queued == []


def test_an_export_during_an_outage_is_tried_again_until_it_is_stored(
    exporter: OTLPMetricExporter, ingest: IngestServer
) -> None:
    ingest.broker.broker_is_away = True
    mended = threading.Timer(0.3, setattr, [ingest.broker, "broker_is_away", False])
    mended.start()

    result = exporter.export(collected())

    mended.join()
    assert result is MetricExportResult.SUCCESS
    assert len(ingest.queued) == 2
