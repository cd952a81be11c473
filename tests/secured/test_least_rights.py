"""The pipeline with exactly the rights that knative/rights states, by TLS, and no right more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from functions.aggregate.erase.__main__ import main as erase
from shared.readings.reading_event import Record, records_of
from tests.secured.mongo import DATABASE
from tests.secured.rights import grant_all
from tests.support.alerting import TICK
from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.plain_http import NO_TLS
from tests.support.readings import NOW, at, request_headers
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.secured.kafka import SecuredKafka
    from tests.secured.mongo import SecuredMongo

pytestmark = [pytest.mark.broker, pytest.mark.database]
PASSWORD = "of each: @/"
GROUP = "raw-to-aggregate"
JSON = [("content-type", "application/json")]
ROLES = {
    "aggregate": "iot-aggregate",
    "alert": "iot-alert",
    "dlq": "iot-dlq",
    "dashboard": "iot-dashboard-writes",
}


@dataclass(slots=True)
class Pipeline:
    """The functions, each as its own users, and the servers."""

    mongo: SecuredMongo
    kafka: SecuredKafka
    root: Path
    functions: dict[str, FunctionProcess]
    delivered: int = 0

    def environment(self, name: str) -> dict[str, str]:
        """Return what a function is given."""
        kafka = self.kafka.environment("dlq" if name == "dlq" else "ingest", PASSWORD)
        if name == "ingest":
            return kafka
        mongo = {"MONGO_URL": self.mongo.url(ROLES[name], PASSWORD), "MONGO_DB": DATABASE}
        return mongo | kafka if name == "dlq" else mongo

    def deliver(self) -> int:
        """Post the records that came to aggregate and alert, as the user of the sources."""
        consumer = Consumer(
            {**self.kafka.client("sources", PASSWORD), "group.id": GROUP, "log_level": 0}
        )
        place = TopicPartition("telemetry.raw", 0, self.delivered)
        end = consumer.get_watermark_offsets(place, timeout=20)[1]
        consumer.assign([place])
        messages = consumer.consume(end - self.delivered, timeout=20)
        consumer.close()
        for message in messages:
            headers = list(dict(message.headers() or ()).items())
            record = Record(message.key() or b"", headers, message.value() or b"")
            event = [(name.decode(), value.decode()) for name, value in request_headers(record)]
            for name in ("aggregate", "alert"):
                said = self.functions[name].asks("POST", "/", event, record.value)
                assert said.is_success, (name, said.text)
        self.delivered = end
        return len(messages)

    def command(self, module: str, name: str) -> subprocess.CompletedProcess[str]:
        """Run a command of a function as its user."""
        return subprocess.run(
            [sys.executable, "-m", module],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], **self.environment(name)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )


@pytest.fixture(scope="module")
def pipeline(
    mongo: SecuredMongo,
    kafka: SecuredKafka,
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    grant_all(root, mongo, kafka, PASSWORD)
    made = Pipeline(mongo, kafka, root, {})
    folder = tmp_path_factory.mktemp("pipeline")
    further = {"AGGREGATE_WINDOW_SECONDS": "1", "AGGREGATE_GRACE_SECONDS": "0"}
    opened = {"DASHBOARD_WRITES": "open"}
    with ExitStack() as stack:
        for name in ("ingest", *ROLES):
            environment = {**made.environment(name), **further, **opened}
            log = folder / f"{name}.log"
            function = running(deployed(name), root, environment, log)
            made.functions[name] = stack.enter_context(function)
        yield made
    for name in ("ingest", *ROLES):
        said = (folder / f"{name}.log").read_text()
        assert "not authorized" not in said.lower(), said


def test_readings_go_the_whole_way_with_no_more_than_the_stated_rights(pipeline: Pipeline) -> None:
    dashboard = pipeline.functions["dashboard"]
    past = datetime.now(UTC) - timedelta(minutes=1)
    readings = [
        {
            "device_id": "boiler",
            "ts": (past + timedelta(seconds=n)).isoformat(),
            "temperature_c": 61 if n == 9 else 20,
        }
        for n in range(10)
    ]
    posted = pipeline.functions["ingest"].asks(
        "POST", "/ingest", JSON, json.dumps(readings).encode()
    )
    assert posted.status_code == 202, posted.text

    assert pipeline.deliver() >= 1
    until(lambda: len(_rows(dashboard, "/aggregated")) == 10, 20, "windows are missing")
    tick = [(name.decode(), value.decode()) for name, value in TICK.headers]
    assert pipeline.functions["alert"].asks("POST", "/", tick, TICK.body).is_success
    (alert,) = _rows(dashboard, "/alerts")
    acknowledged = dashboard.asks(
        "POST",
        "/alerts/acknowledge",
        JSON,
        json.dumps({"alert_ids": [alert["alert_id"]], "comment": "seen"}).encode(),
    )
    silenced = dashboard.asks(
        "POST",
        "/silences",
        JSON,
        json.dumps({"matchers": {"device_id": "boiler"}, "to": "1h", "comment": "work"}).encode(),
    )
    until(
        lambda: pipeline.command("functions.aggregate.audit", "aggregate").returncode == 0, 30, ""
    )
    alerts_audit = pipeline.command("functions.alert.audit", "alert")

    with httpx.stream("GET", f"{dashboard.url}/events", timeout=10, verify=NO_TLS) as stream:
        first = next(stream.iter_text())

    assert first
    assert (acknowledged.status_code, silenced.status_code) == (200, 201), acknowledged.text
    assert alerts_audit.returncode == 0, alerts_audit.stderr
    assert dashboard.asks("GET", "/stats").json()["telemetry_records"] == 10
    assert len(_rows(dashboard, "/devices")) == 1


def test_a_dead_letter_is_stored_and_sent_again(pipeline: Pipeline) -> None:
    dashboard, dlq = pipeline.functions["dashboard"], pipeline.functions["dlq"]
    pipeline.deliver()
    before = pipeline.delivered
    (record,) = records_of([at(1)], NOW)
    failure = [("ce-knativeerrordest", "http://alert"), ("ce-knativeerrorcode", "503")]
    headers = [(name.decode(), value.decode()) for name, value in request_headers(record)]

    assert dlq.asks("POST", "/", [*headers, *failure], record.value).is_success
    asked = dashboard.asks("POST", "/dead-letters/redrive", JSON, b'{"stage": "alert"}')
    redrive = pipeline.command("functions.dlq.redrive", "dlq")

    assert asked.status_code == 202, asked.text
    assert redrive.returncode == 0, redrive.stderr
    assert pipeline.deliver() == 1
    assert pipeline.delivered == before + 1


def test_a_device_is_erased_with_the_rights_of_that_role(pipeline: Pipeline) -> None:
    async def at_once(_seconds: float) -> None: ...

    code = erase(
        ["boiler"],
        {"MONGO_URL": pipeline.mongo.url("iot-erase", PASSWORD), "MONGO_DB": DATABASE},
        at_once,
    )

    assert code == 0
    with pipeline.mongo.administrator() as client:
        assert client[DATABASE]["telemetry_raw"].count_documents({"device_id": "boiler"}) == 0


@pytest.mark.parametrize(
    ("role", "collection"),
    [
        ("iot-dashboard", "alerts"),
        ("iot-dashboard-writes", "telemetry_raw"),
        ("iot-alert", "aggregated_data"),
        ("iot-aggregate", "alerts"),
        ("iot-dlq", "telemetry_raw"),
    ],
)
def test_no_role_writes_what_is_not_its_own(pipeline: Pipeline, role: str, collection: str) -> None:
    url = pipeline.mongo.url(role, PASSWORD)
    with MongoClient[dict[str, Any]](url, timeoutMS=5_000) as client:
        with pytest.raises(OperationFailure, match="not authorized"):
            client[DATABASE][collection].insert_one({"_id": "forged"})
        with pytest.raises(OperationFailure, match="not authorized"):
            client[DATABASE][collection].drop()


def test_ingest_reads_nothing_and_the_sources_write_nothing(pipeline: Pipeline) -> None:
    reader = Consumer(
        {**pipeline.kafka.client("ingest", PASSWORD), "group.id": "stolen", "log_level": 0}
    )
    reader.assign([TopicPartition("telemetry.raw", 0, 0)])
    message = reader.poll(10)
    reader.close()
    writer = Producer({**pipeline.kafka.client("sources", PASSWORD), "log_level": 0})
    outcomes: list[Any] = []
    writer.produce("telemetry.raw", b"forged", on_delivery=lambda error, _: outcomes.append(error))
    writer.flush(10)

    assert message is not None
    assert message.error() is not None
    assert outcomes[0] is not None


def _rows(dashboard: FunctionProcess, path: str) -> list[dict[str, Any]]:
    said = dashboard.asks("GET", path)
    assert said.is_success, said.text
    rows: list[dict[str, Any]] = said.json()["data"]
    return rows
