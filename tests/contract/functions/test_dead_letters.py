"""Which dead letters are stored: the dlq function on the real MongoDB."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.dlq.function import MAX_BODY
from shared import metrics
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest, HttpResponse
from tests.support.dlq import dlq_of
from tests.support.readings import NOW, accepted, request_headers
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database

MOMENT = datetime(2026, 1, 31, 12, 1, tzinfo=UTC)
RECORD = records_of([accepted()], NOW)[0]
FAILURE = [
    (b"ce-knativeerrordest", b"http://aggregate.telemetry.svc.cluster.local"),
    (b"ce-knativeerrorcode", b"422"),
    (b"ce-knativeerrordata", base64.b64encode(b'{"reason":"invalid_reading"}')),
    (b"ce-reason", b"invalid_reading"),
]
LETTER = HttpRequest("POST", "/", [*request_headers(RECORD), *FAILURE], RECORD.value)


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def deliver(
    url: str,
    database: Documents,
    *requests: HttpRequest,
    now: Callable[[], datetime] = lambda: MOMENT,
) -> list[HttpResponse]:
    async def delivered() -> list[HttpResponse]:
        function = dlq_of(url, database.name, now)
        await function.open()
        try:
            return await asyncio.gather(*(function.respond(request) for request in requests))
        finally:
            await function.close()

    return asyncio.run(delivered())


def kept(url: str, database: Documents, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Any:
    """Deliver one letter, see that it was taken, and give its document."""
    answers = deliver(url, database, HttpRequest("POST", "/", headers, body))
    assert [answer.status for answer in answers] == [204]
    return database["dead_letters"].find_one()


def test_a_dead_letter_is_kept_with_its_failure_and_the_original(
    mongo_url: str, database: Documents
) -> None:
    letter = kept(mongo_url, database, list(LETTER.headers), LETTER.body)

    attributes, letter_id = letter.pop("attributes"), letter.pop("_id")
    assert letter == {
        "stage": "aggregate",
        "reason": "invalid_reading",
        "source": "/iot-telemetry/ingest",
        "event_id": accepted().reading_id,
        "event_type": "iot.telemetry.readings.v1",
        "destination": "http://aggregate.telemetry.svc.cluster.local",
        "cause": "data",
        "dead_lettered_at": MOMENT,
        "first_dead_lettered_at": MOMENT,
        "arrivals": 1,
        "redrives": 0,
        "error_code": 422,
        "error_data": '{"reason":"invalid_reading"}',
        "content_type": "application/json",
        "reading_ids": [accepted().reading_id],
        "status": "open",
        "data": RECORD.value,
    }
    assert letter_id.startswith("aggregate/")
    assert attributes["partitionkey"] == "greenhouse-1"


def test_a_dead_letter_is_kept_once_however_often_it_is_delivered(
    mongo_url: str, database: Documents
) -> None:
    answers = deliver(mongo_url, database, *[LETTER] * 20)
    answers += deliver(mongo_url, database, LETTER)

    assert {answer.status for answer in answers} == {204}
    assert database["dead_letters"].count_documents({}) == 1


def test_a_letter_that_was_redriven_and_fails_again_is_open_again(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, LETTER)
    database["dead_letters"].update_one({}, {"$set": {"status": "redriven"}})

    deliver(mongo_url, database, LETTER)

    assert [one["status"] for one in database["dead_letters"].find()] == ["open"]


@pytest.mark.parametrize(
    "name",
    [
        *(b"a.b", b".a", b"a.", b"$a", b"$ref", b"$id", b"$where", b"$", b"", b"_id", b"0"),
        *(b"a$b", b"a..b", b"$a.b", b"a|b", b"~", b"!#%&'*+-^`"),
    ],
)
def test_an_attribute_of_any_name_is_kept(mongo_url: str, database: Documents, name: bytes) -> None:
    """A header's name may hold what a path or an operator of MongoDB is made of."""
    letter = kept(mongo_url, database, [(b"ce-" + name, b"value")], b"")

    assert letter["attributes"] == {name.decode(): "value"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b"\x00\xff\xfe not UTF-8",
        b'[{"reading_id": "' + b"\\ud800" * 44 + b'"}]',
        b"[" * 50_000,
        bytes(range(256)) * 4_096,  # 1 MiB
    ],
)
def test_the_bytes_of_any_event_are_kept_as_they_came(
    mongo_url: str, database: Documents, body: bytes
) -> None:
    assert kept(mongo_url, database, list(LETTER.headers), body)["data"] == body


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-type", b"\xff\x00")],
        [(b"ce-id", b"%00"), (b"ce-source", b"\xff")],
        [(b"ce-knativeerrordest", b"http://["), (b"ce-knativeerrorcode", b"\xb2\xb2\xb2")],
        [(b"ce-knativeerrordata", b"not base64"), (b"ce-reason", b"Not A Word")],
    ],
)
def test_a_letter_that_is_not_ours_is_kept(
    mongo_url: str, database: Documents, headers: list[tuple[bytes, bytes]]
) -> None:
    assert kept(mongo_url, database, headers, b"x")["stage"] == "unknown"


def test_a_letter_of_the_greatest_size_is_kept(mongo_url: str, database: Documents) -> None:
    letter = kept(mongo_url, database, list(LETTER.headers), bytes(MAX_BODY))

    assert len(letter["data"]) == MAX_BODY


def test_a_letter_is_counted_once_by_its_reason(mongo_url: str, database: Documents) -> None:
    before = metrics.dead_letters.labels("invalid_reading")._value.get()

    deliver(mongo_url, database, LETTER)
    deliver(mongo_url, database, LETTER)

    assert metrics.dead_letters.labels("invalid_reading")._value.get() == before + 1


def test_a_reason_out_of_the_blue_makes_no_label_of_its_own(
    mongo_url: str, database: Documents
) -> None:
    before = metrics.dead_letters.labels("other")._value.get()

    kept(mongo_url, database, [(b"ce-reason", b"some_new_word")], b"x")

    assert metrics.dead_letters.labels("other")._value.get() == before + 1


def letter_at(offset: int, code: bytes = b"422", reason: bytes = b"invalid_reading") -> HttpRequest:
    """Return the letter as the source of the dead letters' topic delivers it from that offset."""
    failure = [
        (b"ce-knativeerrordest", b"http://aggregate.telemetry.svc.cluster.local"),
        *([(b"ce-knativeerrorcode", code)] if code else []),
        *([(b"ce-reason", reason)] if reason else []),
        (b"ce-knativekafkapartition", b"0"),
        (b"ce-knativekafkaoffset", str(offset).encode()),
    ]
    return HttpRequest("POST", "/", [*request_headers(RECORD), *failure], RECORD.value)


def test_an_old_record_that_is_delivered_again_opens_nothing(
    mongo_url: str, database: Documents
) -> None:
    """A source that begins again delivers a month of records whose letters were redriven."""
    deliver(mongo_url, database, letter_at(7))
    deliver(mongo_url, database, letter_at(9))
    database["dead_letters"].update_one({}, {"$set": {"status": "redriven"}})
    before = database["dead_letters"].find_one()

    answers = deliver(mongo_url, database, letter_at(7), letter_at(9))

    assert {answer.status for answer in answers} == {204}
    assert database["dead_letters"].find_one() == before


def test_a_record_of_a_letter_of_an_earlier_version_opens_nothing(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, letter_at(7))
    database["dead_letters"].update_one(
        {}, {"$set": {"status": "redriven"}, "$unset": {"places": "", "arrivals": ""}}
    )

    deliver(mongo_url, database, letter_at(7))

    assert [one["status"] for one in database["dead_letters"].find()] == ["redriven"]


def test_a_letter_that_fails_again_carries_its_newest_failure(
    mongo_url: str, database: Documents
) -> None:
    moments = iter([MOMENT, MOMENT + timedelta(hours=1)])
    first, second = letter_at(7, b"503", b"keep_readings"), letter_at(9, b"422", b"too_late")

    for request in (first, second):
        deliver(mongo_url, database, request, now=lambda: next(moments))

    letter = database["dead_letters"].find_one()
    assert letter is not None
    assert (letter["reason"], letter["error_code"], letter["cause"]) == ("too_late", 422, "data")
    assert letter["dead_lettered_at"] - letter["first_dead_lettered_at"] == timedelta(hours=1)
    assert (letter["arrivals"], letter["places"]) == (2, ["0/7", "0/9"])


def test_what_the_newest_failure_does_not_tell_is_gone(mongo_url: str, database: Documents) -> None:
    deliver(mongo_url, database, letter_at(7, b"503", b"keep_readings"))

    deliver(mongo_url, database, letter_at(9, b"", b""))

    letter = database["dead_letters"].find_one()
    assert letter is not None
    assert (letter["reason"], letter["cause"]) == ("no_response", "world")
    assert "error_code" not in letter


def test_each_arrival_is_counted_once_however_many_come_at_once(
    mongo_url: str, database: Documents
) -> None:
    deliver(mongo_url, database, *[letter_at(offset) for offset in range(10)] * 2)

    letter = database["dead_letters"].find_one()
    assert letter is not None
    assert (letter["arrivals"], len(letter["places"])) == (10, 10)
