"""What goes back by itself at a tick: the dlq function on the real MongoDB."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.dlq import automatic_redrive
from shared import metrics
from shared.readings.reading import Reading
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest
from tests.support.dlq import dlq_of
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW, at, request_headers
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TICK = [
    (b"ce-id", b"tick"),
    (b"ce-source", b"/apis/v1/namespaces/telemetry/pingsources/redrive"),
    (b"ce-type", b"dev.knative.sources.ping"),
    (b"ce-specversion", b"1.0"),
]
READING = at(1)
RECORD = records_of([READING], NOW)[0]


class System:
    """A dlq function whose clock and whose Kafka the test holds."""

    def __init__(self, url: str, database: Documents) -> None:
        self.minutes = 0.0
        self.publisher = FakePublisher()
        self.database = database
        self._url = url
        self._offset = 0

    def has(self, code: bytes, reading: Reading = READING, data: bytes | None = None) -> int:
        """Deliver a letter whose last response had this status; empty is none."""
        self._offset += 1
        record = records_of([reading], NOW)[0]
        failure = [
            (b"ce-knativeerrordest", b"http://aggregate.telemetry.svc.cluster.local"),
            *([(b"ce-knativeerrorcode", code)] if code else []),
            (b"ce-knativekafkapartition", b"0"),
            (b"ce-knativekafkaoffset", str(self._offset).encode()),
        ]
        headers = [*request_headers(record), *failure]
        return self.gets(HttpRequest("POST", "/", headers, data or record.value))

    def ticks(self, at_minute: float, attempts: int = 8) -> int:
        """Deliver a tick at that minute; return the status of the response."""
        self.minutes = at_minute
        return self.gets(HttpRequest("POST", "/", TICK, b"{}"), attempts)

    def gets(self, request: HttpRequest, attempts: int = 8) -> int:
        async def responded() -> int:
            function = dlq_of(self._url, self.database.name, self._now, self.publisher, attempts)
            await function.open()
            try:
                return (await function.respond(request)).status
            finally:
                await function.close()

        return asyncio.run(responded())

    @property
    def letters(self) -> list[dict[str, Any]]:
        return list(self.database["dead_letters"].find(sort=[("event_id", 1)]))

    def _now(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)


@pytest.fixture
def system(mongo_url: str) -> Iterator[System]:
    with new_database(mongo_url) as database:
        yield System(mongo_url, database)


@pytest.mark.parametrize("code", [b"503", b"", b"504", b"502", b"429", b"408", b"404"])
def test_what_died_of_the_world_goes_back_by_itself(system: System, code: bytes) -> None:
    system.has(code)

    assert system.ticks(at_minute=1) == 204

    ((topic, record),) = system.publisher.published
    assert (topic, record.value) == ("telemetry.raw", RECORD.value)
    (letter,) = system.letters
    assert (letter["status"], letter["redrives"]) == ("redriven", 1)
    assert letter["redriven_at"] == NOON + timedelta(minutes=1)


@pytest.mark.parametrize("code", [b"422", b"400", b"413", b"500", b"501", b"303"])
def test_what_died_of_its_data_or_of_a_bug_never_does(system: System, code: bytes) -> None:
    system.has(code)

    system.ticks(at_minute=10_000)

    assert system.publisher.published == []
    assert [letter["status"] for letter in system.letters] == ["open"]


def test_an_event_that_nobody_reports_a_failure_of_never_does(system: System) -> None:
    system.gets(HttpRequest("POST", "/", request_headers(RECORD), RECORD.value))

    system.ticks(at_minute=10_000)

    assert system.publisher.published == []


def test_redrives_are_spaced_and_end(system: System) -> None:
    """1, 2, 4 ... minutes after each failure, and not more than 8 times."""
    minute, times = 0.0, []
    system.has(b"503")
    for _ in range(1_000):
        minute += 1
        before = len(system.publisher.published)
        system.ticks(minute, attempts=4)
        if len(system.publisher.published) > before:
            times.append(minute)
            system.has(b"503")  # it fails again at once
        if minute > 40:
            break

    assert times == [1, 3, 7, 15]
    assert [(one["status"], one["redrives"]) for one in system.letters] == [("open", 4)]


def test_none_goes_back_by_itself_where_the_setting_is_0(system: System) -> None:
    system.has(b"503")

    assert system.ticks(10_000, attempts=0) == 204
    assert system.publisher.published == []


def test_while_kafka_is_away_nothing_is_lost_and_the_tick_fails(system: System) -> None:
    system.has(b"503")
    system.publisher.broker_is_away = True

    assert system.ticks(at_minute=1) == 503
    assert [letter["status"] for letter in system.letters] == ["open"]

    system.publisher.broker_is_away = False
    system.ticks(at_minute=2)
    assert [letter["status"] for letter in system.letters] == ["redriven"]


def test_one_that_kafka_never_takes_stops_none_behind_it(system: System) -> None:
    before = metrics.redrives.labels("refused")._value.get()
    system.has(b"503", at(1))
    system.minutes = 0.5
    system.has(b"503", at(2))
    system.publisher.too_large = records_of([at(1)], NOW)[0].value

    system.ticks(at_minute=2)

    states = {(letter["status"], "redrive_error" in letter) for letter in system.letters}
    assert states == {("open", True), ("redriven", False)}
    assert metrics.redrives.labels("refused")._value.get() == before + 1


def test_a_tick_publishes_no_more_than_its_share(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic_redrive, "_MAX_LETTERS", 2)
    for number in range(3):
        system.minutes = number / 10
        system.has(b"503", at(number))

    system.ticks(at_minute=2)

    published = [record.value for _, record in system.publisher.published]
    assert published == [records_of([at(number)], NOW)[0].value for number in range(2)]


def test_a_tick_publishes_no_longer_than_its_time(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic_redrive, "_MAX_S", -1.0)
    system.has(b"503")

    assert system.ticks(at_minute=2) == 204
    assert system.publisher.published == []


def test_a_letter_that_fails_while_it_is_redriven_stays_open(system: System) -> None:
    """It may arrive again before it is marked."""
    system.has(b"503")
    system.publisher.on_publish = lambda: system.database["dead_letters"].update_one(
        {}, {"$inc": {"arrivals": 1}}
    )

    system.ticks(at_minute=1)

    assert [(one["status"], one["redrives"]) for one in system.letters] == [("open", 1)]


def test_a_letter_that_another_process_claimed_is_left_to_it(system: System) -> None:
    system.has(b"503")
    system.publisher.on_open = lambda: system.database["dead_letters"].update_one(
        {}, {"$inc": {"redrives": 1}}
    )

    system.ticks(at_minute=1)

    assert system.publisher.published == []


def test_a_tick_is_not_stored_and_a_tick_that_died_is(system: System) -> None:
    system.ticks(at_minute=1)
    assert system.letters == []

    died = [*TICK, (b"ce-knativeerrordest", b"http://aggregate.telemetry.svc.cluster.local")]
    system.gets(HttpRequest("POST", "/", died, b"{}"))
    assert [letter["event_type"] for letter in system.letters] == ["dev.knative.sources.ping"]


def test_a_publisher_is_opened_for_the_first_letter_only(system: System) -> None:
    system.ticks(at_minute=1)
    assert system.publisher.opened == 0

    system.has(b"503", at(1))
    system.has(b"503", at(2))
    system.ticks(at_minute=2)

    assert (system.publisher.opened, system.publisher.is_open) == (1, False)


def ask(system: System, **wanted: Any) -> None:
    """Do as the dashboard does where an operator asks."""
    asked = {"redrive_requested": {"at": NOON, "actor": "ada"}}
    system.database["dead_letters"].update_many(wanted, {"$set": asked})


@pytest.mark.parametrize("code", [b"422", b"500", b"503"])
def test_what_operators_ask_for_goes_back_whatever_it_died_of(system: System, code: bytes) -> None:
    system.has(code)
    ask(system)

    assert system.ticks(at_minute=0.1, attempts=0) == 204

    (letter,) = system.letters
    assert [record.value for _, record in system.publisher.published] == [RECORD.value]
    assert (letter["status"], letter["redrives"]) == ("redriven", 0)
    assert "redrive_requested" not in letter


def test_all_that_is_asked_for_goes_back_at_one_tick(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic_redrive, "_MAX_LETTERS", 2)
    for number in range(5):
        system.has(b"422", at(number))
    ask(system)

    system.ticks(at_minute=1)

    assert [letter["status"] for letter in system.letters] == ["redriven"] * 5


def test_there_is_time_for_what_is_asked_for_and_the_rest_waits(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic_redrive, "_MAX_S", -1.0)
    system.has(b"422")
    ask(system)

    assert system.ticks(at_minute=1) == 204

    assert system.publisher.published == []
    assert "redrive_requested" in system.letters[0]


def test_one_that_fails_once_more_is_not_asked_for_any_longer(system: System) -> None:
    system.has(b"422")
    ask(system)
    system.has(b"422")

    system.ticks(at_minute=1)

    assert system.publisher.published == []
    assert "redrive_requested" not in system.letters[0]


def test_one_that_kafka_never_takes_is_tried_once_and_says_why(system: System) -> None:
    system.has(b"422")
    ask(system)
    system.publisher.too_large = RECORD.value

    system.ticks(at_minute=1)

    (letter,) = system.letters
    assert (letter["status"], "redrive_requested" in letter) == ("open", False)
    assert letter["redrive_error"]
