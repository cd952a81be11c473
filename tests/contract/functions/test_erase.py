"""Erasing a device: all of it goes, nothing of others, and it does not come back."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.aggregate.erase.__main__ import main
from functions.aggregate.function import aggregate_function
from shared.mongo.collections import (
    ALERT_STATES,
    ALERTS,
    DEAD_LETTERS,
    DEVICES,
    ERASED,
    RAW,
    SILENCES,
    VIEWS,
)
from shared.mongo.connection import Mongo
from shared.mongo.erasures import MAX_AGE_S, Erasures
from shared.mongo.reading_store import Incoming
from shared.readings.reading import Reading
from shared.serving.http import HttpRequest
from shared.settings import AggregateSettings
from tests.support.alerting import TICK, deliver, request_of
from tests.support.measurement import environment_of_children
from tests.support.readings import at
from tests.support.servers import Documents, mongo_at, new_database, with_mongo

pytestmark = pytest.mark.database
GONE, OTHER = "boiler", "pump"
RECEIVED = datetime.now(UTC) - timedelta(hours=1)
WIDTH_S = 10


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def readings_of(device_id: str, value: float = 20.0) -> list[Reading]:
    return [
        at(second, device_id=device_id, temperature_c=value if second else 61.0)
        for second in range(12)
    ]


def fill(url: str, database: Documents, received_at: datetime = RECEIVED) -> None:
    """Deliver readings of both devices, in events of their own, to aggregate and to alert."""
    events = [request_of(readings_of(name), received_at) for name in (GONE, OTHER)]
    deliver(url, database, *events)
    aggregated(url, database, events)


def aggregated(url: str, database: Documents, events: Sequence[HttpRequest]) -> None:
    """Deliver events to aggregate, and complete a refresh."""

    async def delivered() -> None:
        settings = AggregateSettings(aggregate_window_seconds=WIDTH_S, aggregate_grace_seconds=0)
        function = aggregate_function(Mongo(mongo_at(url, database.name)), settings)
        await function.open()
        try:
            for event in events:
                assert (await function.respond(event)).status < 300
            assert (await function.respond(TICK)).status < 300
        finally:
            await function.close()

    asyncio.run(delivered())


def erase(url: str, database: Documents, *arguments: str) -> tuple[int, list[float]]:
    """Run the command without its waits; return its exit code and how long it would have waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    environment = {
        "MONGO_URL": url,
        "MONGO_DB": database.name,
        "AGGREGATE_WINDOW_SECONDS": str(WIDTH_S),
    }
    return main(arguments, environment, sleep), waited


def of_device(database: Documents, device_id: str) -> Mapping[str, int]:
    fields = {ALERT_STATES: "_id", DEVICES: "_id", SILENCES: "matchers.device_id"}
    return {
        name: database[name].count_documents({fields.get(name, "device_id"): device_id})
        for name in (RAW, VIEWS, ALERTS, ALERT_STATES, DEVICES, SILENCES)
    }


def letter(letter_id: str, data: bytes, **attributes: str) -> dict[str, Any]:
    return {
        "_id": letter_id,
        "data": data,
        "attributes": attributes,
        "status": "open",
        "error_data": "of boiler",
        "reading_ids": ["1", "2"],
    }


def test_everything_of_the_device_goes_and_nothing_of_another(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(mongo_url, database)
    database[SILENCES].insert_one({"_id": "s", "matchers": {"device_id": GONE}})
    before = of_device(database, OTHER)

    code, waited = erase(mongo_url, database, GONE)

    assert (code, waited) == (0, [MAX_AGE_S + 5, 60.0])
    assert json.loads(capsys.readouterr().out)[RAW] == 12
    assert set(of_device(database, GONE).values()) == {0}
    assert of_device(database, OTHER) == before
    assert min(value for name, value in before.items() if name != SILENCES) > 0


def test_what_kafka_delivers_again_is_acknowledged_and_not_stored(
    mongo_url: str, database: Documents
) -> None:
    fill(mongo_url, database)
    erase(mongo_url, database, GONE)
    before = of_device(database, OTHER)

    fill(mongo_url, database)
    again = request_of(readings_of(GONE), RECEIVED)
    (alone,) = deliver(mongo_url, database, again)
    aggregated(mongo_url, database, [again])

    assert alone.status < 300
    assert set(of_device(database, GONE).values()) == {0}
    assert of_device(database, OTHER) == before


def test_what_the_device_sends_afterwards_is_of_a_new_device(
    mongo_url: str, database: Documents
) -> None:
    fill(mongo_url, database)
    erase(mongo_url, database, GONE)

    later = [at(second, device_id=GONE) for second in (100, 101)]
    aggregated(mongo_url, database, [request_of(later, datetime.now(UTC) + timedelta(minutes=1))])

    assert of_device(database, GONE)[RAW] == 2
    assert sum(view["count"] for view in database[VIEWS].find({"device_id": GONE})) == 2


def test_readings_that_came_after_the_erasure_began_stay_and_are_counted_anew(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.aggregate.erase.erasure.PAGE", 2)
    fill(mongo_url, database)
    later = [at(second + 0.5, device_id=GONE) for second in range(3)]
    event = request_of(later, datetime.now(UTC) + timedelta(minutes=1))
    aggregated(mongo_url, database, [event])

    erase(mongo_url, database, GONE)
    aggregated(mongo_url, database, [])

    assert of_device(database, GONE)[RAW] == 3
    assert sum(view["count"] for view in database[VIEWS].find({"device_id": GONE})) == 3
    assert of_device(database, GONE)[DEVICES] == 1


def test_of_a_dead_letter_the_readings_of_others_stay(mongo_url: str, database: Documents) -> None:
    own, other = ({"device_id": name, "reading_id": name} for name in (GONE, OTHER))
    mixed = json.dumps([own, other, own]).encode()
    database[DEAD_LETTERS].insert_many(
        [
            letter("mixed", mixed),
            letter("own", json.dumps([own]).encode()),
            letter("others", json.dumps([other]).encode()),
            letter("unreadable", b"\xff boiler", partitionkey=GONE),
            letter("of nobody known", b'{"boiler": 1}', partitionkey="batch"),
        ]
    )

    assert erase(mongo_url, database, GONE)[0] == 0

    left = {row["_id"]: row for row in database[DEAD_LETTERS].find()}
    assert set(left) == {"mixed", "others", "of nobody known"}
    assert json.loads(left["mixed"]["data"]) == [other]
    assert left["mixed"]["reading_ids"] == [OTHER]
    assert "error_data" not in left["mixed"]
    assert left["others"]["error_data"] == "of boiler"


def test_a_dry_run_counts_and_changes_nothing(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(mongo_url, database)
    before = of_device(database, GONE)
    data = json.dumps([{"device_id": GONE, "reading_id": "1"}]).encode()
    database[DEAD_LETTERS].insert_one(letter("own", data))

    assert erase(mongo_url, database, GONE, "--dry-run") == (0, [])

    counts = json.loads(capsys.readouterr().out)
    assert {name: counts[name] for name in before} == before
    assert counts[DEAD_LETTERS] == 1
    assert of_device(database, GONE) == before
    assert database[ERASED].count_documents({}) == 0


def test_many_readings_and_letters_go_page_by_page(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.aggregate.erase.erasure.PAGE", 4)
    monkeypatch.setattr("functions.aggregate.erase.erasure._LETTERS", 2)
    fill(mongo_url, database)
    data = json.dumps([{"device_id": GONE, "reading_id": "1"}]).encode()
    database[DEAD_LETTERS].insert_many([letter(f"{n}", data) for n in range(5)])

    assert erase(mongo_url, database, GONE)[0] == 0

    assert set(of_device(database, GONE).values()) == {0}
    assert database[DEAD_LETTERS].count_documents({}) == 0


def test_a_process_knows_of_an_erasure_within_ten_seconds(
    mongo_url: str, database: Documents
) -> None:
    now = [100.0]
    incoming = [Incoming(reading, RECEIVED) for reading in readings_of(GONE)]

    async def scenario(mongo: Mongo) -> list[int]:
        erasures = Erasures(mongo, lambda: now[0])
        found = [len(await erasures.without_erased(incoming))]
        await asyncio.to_thread(erase, mongo_url, database, GONE)
        for seconds in (MAX_AGE_S, 0.1):
            now[0] += seconds
            found.append(len(await erasures.without_erased(incoming)))
        return found

    assert with_mongo(mongo_at(mongo_url, database.name), scenario) == [12, 12, 0]


def test_the_command_says_how_it_is_used(root: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "functions.aggregate.erase", "--help"],
        cwd=root,
        env=environment_of_children(),
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )

    assert "38 days" in said.stdout


def test_what_cannot_be_done_is_said(
    mongo_url: str, database: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        erase(mongo_url, database, "no device!")
    away = main([GONE], {"MONGO_URL": "mongodb://127.0.0.1:1/", "MONGO_TIMEOUT_MS": "100"})
    wrong = main([GONE], {"MONGO_URL": "http://mongo"})

    said = capsys.readouterr().err
    assert (refused.value.code, away, wrong) == (2, 1, 2)
    assert "must be the id of a device" in said
    assert "Run it again" in said
    assert "MONGO_URL" in said
