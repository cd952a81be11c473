"""The life of a function as a process. Started, refused, cut off from its servers, and ended."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from local_dev.servers.free_port import free_port
from shared.readings.reading_event import records_of
from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.measurement import environment_of_children
from tests.support.readings import NOW, accepted, posted, request_headers
from tests.support.servers import standalone_mongod

NOWHERE = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "KAFKA_TIMEOUT_MS": "2000",
    "MONGO_URL": "mongodb://127.0.0.1:1",
    "MONGO_TIMEOUT_MS": "500",
}
EVERY = ["ingest", "aggregate", "alert", "dlq"]
JSON = [("content-type", "application/json")]
RECORD = records_of([accepted()], NOW)[0]
EVENT = [(name.decode(), value.decode()) for name, value in request_headers(RECORD)]


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[str]:
    with standalone_mongod(tmp_path) as url:
        yield url


@pytest.fixture(params=EVERY)
def cut_off(
    request: pytest.FixtureRequest, root: Path, tmp_path: Path
) -> Iterator[FunctionProcess]:
    """A function whose broker and database are away."""
    with running(deployed(request.param), root, NOWHERE, tmp_path / "log") as process:
        yield process


def test_a_function_without_its_servers_lives_and_is_not_ready(cut_off: FunctionProcess) -> None:
    live, ready = (cut_off.asks("GET", f"/health/{what}") for what in ("live", "ready"))

    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["detail"]


def test_a_function_without_its_servers_ends_when_it_is_told_to(cut_off: FunctionProcess) -> None:
    started = time.monotonic()

    cut_off.stop()

    assert time.monotonic() - started < 15


@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_an_event_without_the_database_is_to_be_tried_again(
    root: Path, tmp_path: Path, name: str
) -> None:
    with running(deployed(name), root, NOWHERE, tmp_path / "log") as process:
        answer = process.asks("POST", "/", EVENT, RECORD.value)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["kne-reason"] == answer.json()["reason"] == "database"
    assert len(answer.content) <= 1_024


def test_a_request_under_way_is_answered_before_the_process_ends(
    root: Path, tmp_path: Path
) -> None:
    answers: list[int] = []

    def post(process: FunctionProcess) -> None:
        body = json.dumps(posted()).encode()
        answers.append(process.asks("POST", "/ingest", JSON, body).status_code)

    with running(deployed("ingest"), root, NOWHERE, tmp_path / "log") as process:
        device = threading.Thread(target=post, args=(process,))
        device.start()
        time.sleep(0.5)  # the request waits for a broker that never comes
        process.stop()
        device.join(20)

    assert answers == [503]


def test_a_process_that_was_ended_takes_no_more_requests(root: Path, tmp_path: Path) -> None:
    with running(deployed("ingest"), root, NOWHERE, tmp_path / "log") as process:
        process.stop()

        with pytest.raises(httpx.ConnectError):
            process.asks("GET", "/health")


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        *[(name, "PORT", "http") for name in EVERY],
        ("ingest", "TELEMETRY_TOPIC", "no topic"),
        ("ingest", "KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("aggregate", "AGGREGATE_WINDOW_SECONDS", "0"),
        ("aggregate", "MONGO_DB", "no.name"),
        ("alert", "TEMP_MIN_THRESHOLD", "cold"),
        ("alert", "HUMIDITY_MAX_THRESHOLD", "-1"),
        ("dlq", "MONGO_URL", "postgres://here"),
        ("dlq", "MONGO_URL", "mongodb://here:99999"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(
    root: Path, name: str, variable: str, value: str
) -> None:
    ended = start({variable: value}, root, name)

    assert ended.returncode > 0
    assert variable in reason_in(ended.stderr)


def test_settings_of_functions_can_be_checked_without_a_server(root: Path) -> None:
    right = start({}, root, *EVERY, "dashboard", "--check")

    assert (right.returncode, right.stderr) == (0, "")


def test_the_check_names_each_function_that_would_not_start(root: Path) -> None:
    ended = start({"MONGO_DB": "no.name"}, root, "ingest", "aggregate", "alert", "--check")

    refused = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == 2
    assert [line["function"] for line in refused] == ["aggregate", "alert"]
    assert {line["message"] for line in refused} == {"refused to start"}
    assert "MONGO_DB='no.name'" in refused[0]["reason"]


PASSWORDS = ["hunter2@", "hunter2:", "hunter2/", "hunter2%", "hunter2?", "@hunter2/:"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_that_is_not_encoded_stops_the_start_with_a_hint_and_is_not_shown(
    root: Path, password: str
) -> None:
    ended = start({"MONGO_URL": f"mongodb://user:{password}@127.0.0.1:1/"}, root, "alert")

    assert ended.returncode > 0
    assert "write % as %25, @ as %40" in reason_in(ended.stderr)
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr + ended.stdout


@pytest.mark.database
def test_a_password_that_the_database_refuses_stops_the_start_at_once(
    root: Path, tmp_path: Path
) -> None:
    with standalone_mongod(tmp_path, "--auth") as url:
        with MongoClient[dict[str, Any]](url) as client:
            client.admin.command("createUser", "iot", pwd="right", roles=["root"])

        wrong = {"MONGO_URL": url.replace("//", "//iot:hunter2@"), "MONGO_TIMEOUT_MS": "20000"}
        ended = start(wrong, root, "alert")

    assert ended.returncode > 0
    assert reason_in(ended.stderr) == "MONGO_URL: the database refuses this user or this password"
    assert ended.stderr.count('"refused to start"') == 1
    assert "does not answer" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hunter2" not in ended.stderr


@pytest.mark.database
@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_a_database_that_is_no_replica_set_stops_the_start_with_the_remedy(
    root: Path, standalone: str, name: str
) -> None:
    ended = start({"MONGO_URL": standalone, "MONGO_TIMEOUT_MS": "20000"}, root, name)

    assert ended.returncode > 0
    assert "Start mongod with --replSet rs0" in reason_in(ended.stderr)


def start(
    variables: dict[str, str], root: Path, name: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Start a function that is not to come up."""
    address = {"HOST": "127.0.0.1", "PORT": str(free_port())}
    return subprocess.run(
        [*deployed(name), *options],
        cwd=root,
        env=environment_of_children() | NOWHERE | address | variables,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def reason_in(log: str) -> str:
    """Give the reason of the line that says so; every line is JSON."""
    lines = [json.loads(line) for line in log.splitlines()]
    return next(str(line["reason"]) for line in lines if line["message"] == "refused to start")
