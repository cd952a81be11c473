"""Which dead letters are published again by `python -m functions.dlq.redrive`, on real servers."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.dlq.redrive_store import Selection, mark_redriven, open_letters
from local_dev.servers.free_port import free_port
from shared.mongo.database import client_of, majority
from shared.readings.reading import Reading
from shared.readings.reading_event import Record, records_of
from shared.serving.http import HttpRequest
from tests.support.dlq import dlq_of
from tests.support.measurement import environment_of_children
from tests.support.readings import NOW, at, request_headers
from tests.support.servers import Documents, mongo_at, new_database, new_topic, records_in

pytestmark = [pytest.mark.broker, pytest.mark.database]

READINGS = [at(1), at(2), at(3)]
HOURS_OLD = dict(zip((reading.reading_id for reading in READINGS), (72, 24, 0), strict=True))


@dataclass(frozen=True, slots=True)
class Place:
    """A topic and a database with three letters: of alert 72 h, of aggregate 24 h and 0 h old."""

    bootstrap: str
    topic: str
    url: str
    database: Documents
    root: Path

    def redrive(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "functions.dlq.redrive", *arguments],
            cwd=self.root,
            env={
                "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
                "TELEMETRY_TOPIC": self.topic,
                "KAFKA_TIMEOUT_MS": "2000",
                "MONGO_URL": self.url,
                "MONGO_DB": self.database.name,
                "MONGO_TIMEOUT_MS": "5000",
            }
            | environment_of_children()
            | variables,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    def published(self) -> list[Any]:
        return records_in(self.bootstrap, self.topic)

    def published_ids(self) -> list[str]:
        return [json.loads(one.value())[0]["reading_id"] for one in self.published()]

    def statuses(self) -> list[str]:
        letters = self.database["dead_letters"].find(sort=[("dead_lettered_at", 1)])
        return [letter["status"] for letter in letters]


@pytest.fixture
def place(kafka_bootstrap: str, mongo_url: str, root: Path) -> Iterator[Place]:
    with new_database(mongo_url) as database:
        asyncio.run(keep(mongo_url, database.name))
        yield Place(kafka_bootstrap, new_topic(kafka_bootstrap), mongo_url, database, root)


def test_all_open_letters_are_published_as_they_were_oldest_first(place: Place) -> None:
    done = place.redrive()

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "3 dead letters redriven"
    assert place.statuses() == ["redriven"] * 3
    originals = [records_of([reading], NOW)[0] for reading in READINGS]
    assert [as_written(one) for one in place.published()] == [as_made(one) for one in originals]


def test_a_redrive_says_when_it_was(place: Place) -> None:
    place.redrive()

    letter = place.database["dead_letters"].find_one()
    assert letter is not None
    assert datetime.now(UTC) - letter["redriven_at"] < timedelta(minutes=1)


def test_a_second_redrive_finds_nothing_left(place: Place) -> None:
    place.redrive()

    done = place.redrive()

    assert (done.returncode, done.stdout) == (0, "0 dead letters redriven\n")
    assert len(place.published()) == 3


def test_a_dry_run_says_which_and_publishes_nothing(place: Place) -> None:
    done = place.redrive("--dry-run")

    *lines, last = done.stdout.splitlines()
    assert (done.returncode, last) == (0, "3 dead letters would be redriven")
    assert lines[0].split() == ["alert", "keep_alerts", READINGS[0].reading_id]
    assert place.published() == []
    assert place.statuses() == ["open"] * 3


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["--stage", "alert"], [0]),
        (["--stage", "aggregate"], [1, 2]),
        (["--stage", "dashboard"], []),
        (["--reason", "keep_readings"], [1, 2]),
        (["--older-than", "2d"], [0]),
        (["--newer-than", "2d"], [1, 2]),
        (["--older-than", "1h", "--newer-than", "48h"], [1]),
        (["--limit", "2"], [0, 1]),
        (["--limit", "0"], []),
    ],
)
def test_only_what_is_selected_is_redriven(
    place: Place, arguments: list[str], chosen: list[int]
) -> None:
    done = place.redrive(*arguments)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert place.published_ids() == [READINGS[index].reading_id for index in chosen]
    assert place.statuses().count("redriven") == len(chosen)


@pytest.mark.parametrize("arguments", [["--older-than", "soon"], ["--limit", "x"], ["--all"]])
def test_a_wrong_option_is_told_and_nothing_is_done(place: Place, arguments: list[str]) -> None:
    done = place.redrive(*arguments)

    assert done.returncode == 2
    assert arguments[0] in done.stderr
    assert place.published() == []


def test_a_wrong_setting_is_told_by_its_name(place: Place) -> None:
    done = place.redrive(TELEMETRY_TOPIC="no topic")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("TELEMETRY_TOPIC='no topic': ")


def test_without_the_broker_letters_stay_open_and_the_command_fails(place: Place) -> None:
    done = place.redrive(KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")

    assert done.returncode == 1
    assert "Run it again to go on." in done.stderr
    assert place.statuses() == ["open"] * 3


def test_without_the_database_the_command_says_so_and_fails(place: Place) -> None:
    nowhere = f"mongodb://127.0.0.1:{free_port()}"

    done = place.redrive(MONGO_URL=nowhere, MONGO_TIMEOUT_MS="500")

    assert done.returncode == 1
    assert "the database" in done.stderr


def test_what_kafka_never_takes_is_skipped_and_told_and_the_rest_goes(place: Place) -> None:
    too_large = letter_of(at(4), "aggregate", "keep_readings", bytes(2_000_000))
    no_event = HttpRequest("POST", "/", [(b"ce-id", b"1")], b"")
    asyncio.run(delivered(place, too_large, no_event))

    done = place.redrive()

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "3 dead letters redriven, 2 skipped"
    assert done.stderr.count("skipped: ") == 2
    assert "skipped: it is no CloudEvent: source is missing" in done.stderr
    assert place.published_ids() == [reading.reading_id for reading in READINGS]
    left = place.database["dead_letters"].find({"status": "open"})
    assert {bool(letter["redrive_error"]) for letter in left} == {True}


def test_a_mark_that_comes_late_hides_no_letter_that_failed_again(place: Place) -> None:
    async def marked_late() -> bool:
        async with client_of(mongo_at(place.url, place.database.name)) as client:
            database = majority(client, place.database.name)
            letter = await anext(open_letters(database, Selection(stage="alert")))
            await delivered(place, letter_of(READINGS[0], "alert", "keep_alerts", offset=8))
            return await mark_redriven(database, letter, datetime.now(UTC))

    is_marked = asyncio.run(marked_late())

    assert not is_marked
    assert place.statuses() == ["open"] * 3


async def delivered(place: Place, *letters: HttpRequest) -> None:
    function = dlq_of(place.url, place.database.name, lambda: datetime.now(UTC))
    await function.open()
    responses = [await function.respond(letter) for letter in letters]
    await function.close()
    assert {response.status for response in responses} == {204}


async def keep(url: str, name: str) -> None:
    times = iter([datetime.now(UTC) - timedelta(hours=hours) for hours in HOURS_OLD.values()])
    function = dlq_of(url, name, lambda: next(times))
    await function.open()
    failures = [("alert", "keep_alerts"), *[("aggregate", "keep_readings")] * 2]
    for reading, (stage, reason) in zip(READINGS, failures, strict=True):
        await function.respond(letter_of(reading, stage, reason))
    await function.close()


def letter_of(
    reading: Reading, stage: str, reason: str, data: bytes | None = None, offset: int = 7
) -> HttpRequest:
    record = records_of([reading], NOW)[0]
    failure = [
        (b"ce-knativeerrordest", f"http://{stage}.telemetry.svc.cluster.local".encode()),
        (b"ce-knativeerrorcode", b"503"),
        (b"ce-reason", reason.encode()),
        (b"ce-knativekafkapartition", b"0"),
        (b"ce-knativekafkaoffset", str(offset).encode()),
    ]
    return HttpRequest("POST", "/", [*request_headers(record), *failure], data or record.value)


def as_written(message: Any) -> tuple[Any, ...]:
    return message.key(), sorted(message.headers()), message.value()


def as_made(record: Record) -> tuple[Any, ...]:
    return record.key, sorted(record.headers), record.value
