"""What version 0.1.0 stored and was told: dead letters, and the settings of its manifests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from shared.mongo.collections import DEAD_LETTERS
from shared.readings.reading_event import records_of
from tests.support.function_process import deployed, running
from tests.support.readings import NOW, at, request_headers
from tests.support.servers import Documents, new_database, new_topic, records_in
from tests.support.waiting import until
from tests.upgrade.versions import old_function

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.support.function_process import FunctionProcess

# What its manifests gave to every function (knative/pipeline.env), and all else that it read.
SETTINGS = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "ingest",
    "KAFKA_SASL_PASSWORD": "secret",
    "KAFKA_SSL_CA_LOCATION": "/etc/kafka/ca.crt",
    "KAFKA_TIMEOUT_MS": "5000",
    "TELEMETRY_TOPIC": "telemetry.raw",
    "DLQ_TOPIC": "telemetry.dlq",
    "MONGO_URL": "mongodb://user:secret@mongo:27017/?replicaSet=rs0&tls=true",
    "MONGO_DB": "iotdb",
    "MONGO_TIMEOUT_MS": "5000",
    "RAW_RETENTION_DAYS": "0",
    "MAX_RETRIES": "3",
    "RETRY_BACKOFF": "PT2S",
    "TEMP_MIN_THRESHOLD": "-10",
    "TEMP_MAX_THRESHOLD": "50",
    "HUMIDITY_MIN_THRESHOLD": "0",
    "HUMIDITY_MAX_THRESHOLD": "100",
    "AGGREGATE_WINDOW_SECONDS": "60",
    "AGGREGATE_GRACE_SECONDS": "5",
}


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.mark.database
@pytest.mark.broker
def test_dead_letters_of_0_1_0_are_listed_and_sent_again(
    mongo_url: str, kafka_bootstrap: str, database: Documents, tmp_path: Path, root: Path
) -> None:
    (record,) = records_of([at(1)], NOW)
    failure = {"ce-knativeerrordest": "http://aggregate", "ce-knativeerrorcode": "503"}
    headers = [(name.decode(), value.decode()) for name, value in request_headers(record)]
    environment = {
        "MONGO_URL": mongo_url,
        "MONGO_DB": database.name,
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "TELEMETRY_TOPIC": new_topic(kafka_bootstrap),
    }
    with old_function("dlq", tmp_path, environment) as dlq:
        stored = dlq.asks("POST", "/", [*headers, *failure.items()], record.value)
        assert stored.is_success, stored.text
        until(lambda: database[DEAD_LETTERS].count_documents({}) == 1, 20, "no dead letter")
    with running(deployed("dashboard"), root, environment, tmp_path / "dashboard.log") as dashboard:
        (row,) = dashboard.asks("GET", "/dead-letters").json()["data"]
        before = _causes(dashboard)
        # Knative starts each new revision once; that makes the indexes which it needs.
        with running(deployed("dlq"), root, environment, tmp_path / "dlq.log"):
            until(lambda: _causes(dashboard).is_success, 20, "no index")
        causes = _causes(dashboard).json()["data"]
    redrive = subprocess.run(
        [sys.executable, "-m", "functions.dlq.redrive"],
        cwd=root,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    (published,) = records_in(kafka_bootstrap, environment["TELEMETRY_TOPIC"])

    assert before.status_code == 503, before.text
    assert (row["stage"], row["status"]) == ("aggregate", "open")
    assert [cause["count"] for cause in causes] == [1]
    assert redrive.returncode == 0, redrive.stderr
    assert json.loads(published.value() or b"") == json.loads(record.value)


def _causes(dashboard: FunctionProcess) -> httpx.Response:
    return dashboard.asks("GET", "/dead-letters/causes")


@pytest.mark.parametrize("function", ["ingest", "aggregate", "alert", "dlq", "dashboard"])
def test_the_settings_of_0_1_0_are_taken(function: str, root: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "functions", "--check", function],
        cwd=root,
        env={"PATH": os.environ["PATH"], **SETTINGS},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
