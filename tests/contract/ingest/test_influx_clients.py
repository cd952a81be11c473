"""The clients of Influx write as they are, and take the answers as they mean them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from influxdb import InfluxDBClient as ClientOfVersion1
from influxdb.exceptions import InfluxDBClientError, InfluxDBServerError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write import point as points
from influxdb_client.client.write_api import SYNCHRONOUS, WriteOptions
from influxdb_client.rest import ApiException

from tests.support.ingest_server import IngestServer
from tests.support.readings import NOW

Point: Any = points.Point  # its methods have no types
MOMENT = NOW.replace(microsecond=0) - timedelta(minutes=1)
TS = "2026-01-31T11:59:00Z"


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def version_2(request: pytest.FixtureRequest, ingest: IngestServer) -> Iterator[InfluxDBClient]:
    with InfluxDBClient(ingest.url, token="t", org="o", enable_gzip=request.param) as client:
        yield client


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def version_1(request: pytest.FixtureRequest, ingest: IngestServer) -> Iterator[ClientOfVersion1]:
    client = ClientOfVersion1(
        "127.0.0.1", ingest.port, "u", "p", "iot", gzip=request.param, timeout=10, retries=1
    )
    yield client
    client.close()


def point(value: float, device: str = "g-1") -> Any:
    return Point("weather").tag("device_id", device).field("temperature_c", value).time(MOMENT)


def v1_point(**fields: Any) -> dict[str, Any]:
    return {"measurement": "m", "tags": {"host": "a b"}, "time": MOMENT, "fields": fields}


def test_points_of_version_2_are_stored(version_2: InfluxDBClient, ingest: IngestServer) -> None:
    write = version_2.write_api(write_options=SYNCHRONOUS)

    write.write("bucket", record=[point(21.5), point(22, "g-2")])

    assert [(one["device_id"], one["ts"], one["temperature_c"]) for one in ingest.queued] == [
        ("g-1", TS, 21.5),
        ("g-2", TS, 22.0),
    ]


@pytest.mark.parametrize("precision", ["ns", "us", "ms", "s"])
def test_each_precision_of_version_2_is_the_same_time(
    version_2: InfluxDBClient, ingest: IngestServer, precision: Any
) -> None:
    made = Point("m").tag("host", "a").field("v", 1).time(MOMENT, precision)

    version_2.write_api(write_options=SYNCHRONOUS).write("b", record=made)

    assert [one["ts"] for one in ingest.queued] == [TS]


def test_points_of_the_batching_writer_are_stored(
    version_2: InfluxDBClient, ingest: IngestServer
) -> None:
    with version_2.write_api(WriteOptions(batch_size=7, flush_interval=100)) as write:
        write.write("b", record=[point(number, f"d{number}") for number in range(30)])

    assert len(ingest.queued) == 30


def test_an_empty_write_of_version_2_is_good(version_2: InfluxDBClient) -> None:
    """Home Assistant tries its connection so, at each start."""
    version_2.write_api(write_options=SYNCHRONOUS).write("b", record=b"")


def test_a_refused_batch_of_version_2_is_an_error_that_says_why(version_2: InfluxDBClient) -> None:
    write = version_2.write_api(write_options=SYNCHRONOUS)

    with pytest.raises(ApiException) as caught:
        write.write("b", record=point(1).tag("device_id", "no spaces"))

    assert caught.value.status == 400
    assert "device_id must be 1 to 128 letters" in caught.value.message


def test_version_2_is_told_when_to_try_again(
    version_2: InfluxDBClient, ingest: IngestServer
) -> None:
    ingest.broker.broker_is_away = True

    with pytest.raises(ApiException) as caught:
        version_2.write_api(write_options=SYNCHRONOUS).write("b", record=point(1))

    assert (caught.value.status, caught.value.retry_after) == (503, "2")


def test_a_ping_of_either_version_is_answered(
    version_1: ClientOfVersion1, version_2: InfluxDBClient
) -> None:
    assert version_2.ping()
    assert version_2.version() == version_1.ping() == "1.8.10"


def test_points_of_version_1_are_stored(version_1: ClientOfVersion1, ingest: IngestServer) -> None:
    made = {**v1_point(v=1, w=True, s="text, with \"all\" of='it'\n"), "tags": {"host": "a"}}

    assert version_1.write_points([made], time_precision="ms")

    assert [(one["ts"], one["measurements"]) for one in ingest.queued] == [
        (TS, {"m_v": 1.0, "m_w": 1.0})
    ]


def test_no_points_of_version_1_are_good(version_1: ClientOfVersion1) -> None:
    """Home Assistant tries its connection so."""
    assert version_1.write_points([])


def test_a_refused_batch_of_version_1_is_an_error_that_says_why(
    version_1: ClientOfVersion1,
) -> None:
    with pytest.raises(InfluxDBClientError, match="partial write: line 1: device_id"):
        version_1.write_points([v1_point(v=1)])


def test_version_1_takes_an_outage_for_one(
    version_1: ClientOfVersion1, ingest: IngestServer
) -> None:
    ingest.broker.broker_is_away = True

    with pytest.raises(InfluxDBServerError, match="Kafka did not acknowledge"):
        version_1.write_points([{**v1_point(v=1), "tags": {"host": "a"}}])


def test_a_database_can_be_made_and_is_listed(version_1: ClientOfVersion1) -> None:
    version_1.create_database("iot")

    assert version_1.get_list_database() == [{"name": "telemetry"}]


def test_the_time_of_a_point_without_one_is_that_of_its_receipt(
    version_2: InfluxDBClient, ingest: IngestServer
) -> None:
    version_2.write_api(write_options=SYNCHRONOUS).write("b", record="m,host=a v=1")

    assert ingest.queued[0]["ts_assigned"]
    assert datetime.fromisoformat(ingest.queued[0]["ts"]).astimezone(UTC) == NOW
