"""The same responses from a deployed process and under the stock command. One suite
drives both: a request, and the status that either gives.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.readings.reading_event import records_of
from tests.support.function_process import FunctionProcess, deployed, running, stock
from tests.support.readings import NOW, accepted, posted, request_headers
from tests.support.servers import Documents, new_database, new_topic

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(120)]

EVENT_FUNCTIONS = ["aggregate", "alert", "dlq"]
EVERY = ["ingest", *EVENT_FUNCTIONS]
SIGNATURES = {"ingest": "http", **dict.fromkeys(EVENT_FUNCTIONS, "cloudevent")}
SKINS: dict[str, Callable[[str], list[str]]] = {
    "deployed": deployed,
    "stock": stock,
    "stock, typed": lambda name: stock(name, "--signature-type", SIGNATURES[name]),
}
MIB = 1_048_576

RECORD = records_of([accepted()], NOW)[0]
EVENT = [(name.decode(), value.decode()) for name, value in request_headers(RECORD)]
JSON = [("content-type", "application/json")]
Case = tuple[str, str, list[tuple[str, str]], bytes, int]

OF_EVERY: list[Case] = [
    ("GET", "/health", [], b"", 200),
    ("GET", "/health/live", [], b"", 200),
    ("GET", "/health/ready", [], b"", 200),
    ("HEAD", "/health", [], b"", 200),
    ("POST", "/health", [], b"", 405),
    ("GET", "/metrics", [], b"", 200),
    ("PUT", "/", JSON, b"{}", 405),
    ("GET", "/", [], b"", 405),
]
OF_INGEST: list[Case] = [
    ("POST", "/ingest", JSON, json.dumps(posted()).encode(), 202),
    ("POST", "/", JSON, json.dumps(posted()).encode(), 202),
    ("POST", "/v1/ingest", [], json.dumps([posted()]).encode(), 202),
    ("POST", "/ingest", JSON, json.dumps([posted(), 5]).encode(), 207),
    ("POST", "/ingest", [*JSON, ("prefer", "handling=strict")], b"[5]", 422),
    ("POST", "/ingest", JSON, json.dumps(posted(temperature_c="x")).encode(), 422),
    ("POST", "/ingest", JSON, b"{", 400),
    ("POST", "/ingest", JSON, b"\xff", 400),
    ("POST", "/ingest", [("content-type", "text/plain")], b"{}", 415),
    ("POST", "/elsewhere", JSON, b"{}", 404),
    ("GET", "/ingest", [], b"", 405),
    ("OPTIONS", "/ingest", [], b"", 204),
    ("POST", "/ingest/", JSON, json.dumps(posted()).encode(), 202),
    ("POST", "/ingest", JSON, b" " * (MIB + 1), 413),
]
OF_READERS: list[Case] = [
    ("POST", "/", EVENT, RECORD.value, 204),
    ("POST", "/", EVENT, b"not JSON", 422),
    ("POST", "/", EVENT, b"\xff\xfe", 422),
    ("POST", "/", EVENT, b"", 422),
    ("POST", "/", EVENT, b"[]", 422),
    ("POST", "/", EVENT, b"[" * 10_000, 422),
    ("POST", "/", [one for one in EVENT if one[0] != "ce-id"], RECORD.value, 422),
    ("POST", "/", [one for one in EVENT if one[0] != "ce-time"], RECORD.value, 422),
    ("POST", "/", [("ce-type", "other"), *EVENT[:3], *EVENT[4:]], RECORD.value, 422),
    ("POST", "/", JSON, RECORD.value, 422),
    ("POST", "/", EVENT, b" " * (MIB + 1), 413),
]
OF_DLQ: list[Case] = [
    ("POST", "/", EVENT, RECORD.value, 204),
    ("POST", "/", EVENT, b"not JSON", 204),
    ("POST", "/", EVENT, b"\xff\xfe", 204),
    ("POST", "/", [], b"", 204),
    ("POST", "/", [("content-type", "text/plain")], b"x", 204),
    ("POST", "/", EVENT, b" " * (MIB + 1), 204),
    ("POST", "/", EVENT, b" " * (12 * MIB + 1), 413),
]
CASES = {"ingest": OF_INGEST, "aggregate": OF_READERS, "alert": OF_READERS, "dlq": OF_DLQ}


@pytest.fixture(scope="module")
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.fixture(scope="module")
def environment(kafka_bootstrap: str, mongo_url: str, database: Documents) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "TELEMETRY_TOPIC": new_topic(kafka_bootstrap),
        "MONGO_URL": mongo_url,
        "MONGO_DB": database.name,
    }


@pytest.fixture(scope="module", params=[(name, skin) for name in EVERY for skin in SKINS], ids=str)
def function(
    request: pytest.FixtureRequest,
    root: Path,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, FunctionProcess]]:
    name, skin = request.param
    log = tmp_path_factory.mktemp("skins") / f"{uuid.uuid4().hex}.log"
    with running(SKINS[skin](name), root, environment, log) as started:
        yield name, started


def test_each_request_has_the_status_that_either_skin_gives(
    function: tuple[str, FunctionProcess],
) -> None:
    name, process = function
    cases = OF_EVERY + CASES[name]

    given = [process.asks(*case[:4]).status_code for case in cases]

    wanted = [case[4] for case in cases]
    assert [pair for pair in zip(cases, given, strict=True) if pair[0][4] != pair[1]] == []
    assert given == wanted


def test_each_refusal_is_a_problem_that_says_its_status(
    function: tuple[str, FunctionProcess],
) -> None:
    name, process = function
    refusals = [process.asks(*case[:4]) for case in OF_EVERY + CASES[name] if case[4] >= 400]

    assert [answer.text for answer in refusals if not is_problem(answer)] == []


def test_metrics_come_in_both_formats(function: tuple[str, FunctionProcess]) -> None:
    _, process = function
    plain = process.asks("GET", "/metrics")
    openmetrics = process.asks("GET", "/metrics", [("accept", "application/openmetrics-text")])

    assert plain.headers["content-type"].startswith("text/plain")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")


def test_the_body_limit_holds_without_a_length(function: tuple[str, FunctionProcess]) -> None:
    _, process = function
    headers = [*EVENT, *JSON[1:]]

    answer = process.asks("POST", "/", headers, (b" " * 65_536 for _ in range(193)))

    assert answer.status_code == 413


@pytest.mark.parametrize("skin", SKINS)
def test_the_dead_letter_has_the_event_s_own_bytes_under_either_skin(
    root: Path, environment: dict[str, str], database: Documents, tmp_path: Path, skin: str
) -> None:
    body = b'[ {"b": 1.0, "a": 1e2, "a": 1} ]'
    event_id = uuid.uuid4().hex
    headers = [("ce-id", event_id), *[one for one in EVENT if one[0] != "ce-id"]]

    with running(SKINS[skin]("dlq"), root, environment, tmp_path / "log") as process:
        process.asks("POST", "/", headers, body)

    letter = database["dead_letters"].find_one({"event_id": event_id})
    assert letter is not None
    assert letter["data"] == body


def is_problem(answer: httpx.Response) -> bool:
    if answer.headers["content-type"] != "application/problem+json":
        return False
    content: Any = answer.json()
    return bool(content["status"] == answer.status_code and content["detail"])
