"""What a dead letter shows: to the public no address, and all but its bytes where it is wanted."""

from collections.abc import Iterator

import pytest

from shared.mongo.collections import DEAD_LETTERS, Document
from shared.settings import DashboardSettings
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on
from tests.contract.dashboard.documents import NOON, dead_letter

pytestmark = pytest.mark.database
ADDRESS = "mongo-0.mongo.telemetry.svc.cluster.local:27017"


def with_addresses() -> Document:
    attributes = {
        "id": "event-1",
        "source": "/iot-telemetry/ingest",
        "type": "iot.telemetry.readings.v1",
        "partitionkey": "boiler",
        "knativekafkaoffset": "7",
        "knativeerrordest": "http://aggregate.telemetry.svc.cluster.local",
        "knativeerrordata": f"base64 of {ADDRESS}",
        "knativeerrorcode": "503",
        "kafkaheadersender": "a record's own header",
    }
    return dead_letter(
        1,
        0,
        error_code=503,
        error_data=f"the database: {ADDRESS}: connection refused",
        destination="http://aggregate.telemetry.svc.cluster.local",
        attributes=attributes,
    )


@pytest.fixture(scope="module")
def detailed(mongo_url: str) -> Iterator[DashboardClient]:
    with dashboard_on(mongo_url, DashboardSettings(dead_letter_details=True)) as client:
        yield client


def test_the_public_reads_reason_code_and_stage_and_no_address(empty: DashboardClient) -> None:
    empty.store(DEAD_LETTERS, [with_addresses()])

    response = empty.get("/dead-letters")

    (row,) = response.json()["data"]
    assert (row["stage"], row["reason"], row["error_code"]) == ("aggregate", "invalid_reading", 503)
    assert (row["error_data"], row["destination"]) == (None, None)
    assert row["attributes"] == {
        "id": "event-1",
        "source": "/iot-telemetry/ingest",
        "type": "iot.telemetry.readings.v1",
        "partitionkey": "boiler",
        "knativekafkaoffset": "7",
        "knativeerrorcode": "503",
        "kafkaheadersender": "a record's own header",
    }
    assert "svc.cluster.local" not in response.text


def test_all_is_still_stored(empty: DashboardClient) -> None:
    empty.store(DEAD_LETTERS, [with_addresses()])
    empty.get("/dead-letters")

    assert empty.stored[DEAD_LETTERS].find_one({}) == with_addresses()


def test_details_show_where_they_are_wanted(detailed: DashboardClient) -> None:
    detailed.store(DEAD_LETTERS, [with_addresses()])

    (row,) = detailed.rows("/dead-letters")

    assert row["error_data"] == f"the database: {ADDRESS}: connection refused"
    assert row["destination"] == "http://aggregate.telemetry.svc.cluster.local"
    assert row["attributes"] == with_addresses()["attributes"]


@pytest.mark.parametrize("fixture", ["empty", "detailed"])
def test_the_bytes_of_a_dead_letter_stay_in_the_database(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    client: DashboardClient = request.getfixturevalue(fixture)
    client.store(DEAD_LETTERS, [with_addresses()])

    (row,) = client.rows("/dead-letters")

    assert "data" not in row


def test_a_dead_letter_of_old_without_attributes_is_shown(empty: DashboardClient) -> None:
    letter = {k: v for k, v in dead_letter(1, 0).items() if k not in ("attributes", "destination")}
    empty.store(DEAD_LETTERS, [letter])

    assert empty.rows("/dead-letters")[0]["attributes"] == {}


def test_a_dead_letter_shows_what_becomes_of_it(empty: DashboardClient) -> None:
    fields: dict[str, object] = {
        "cause": "world",
        "arrivals": 3,
        "redrives": 2,
        "redrive_error": "Kafka does not take the record",
    }
    empty.store("dead_letters", [dead_letter(1, 0, first_dead_lettered_at=NOON, **fields)])

    (row,) = empty.rows("/dead-letters")

    assert {name: row[name] for name in fields} == fields
    assert row["first_dead_lettered_at"] == "2026-01-31T12:00:00.000Z"
