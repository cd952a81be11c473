"""Version 0.1.0 is replaced by this one while devices post: nothing is lost, all becomes exact."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from shared.mongo.collections import ALERTS, RAW
from tests.support.alerting import TICK
from tests.support.servers import Documents, new_database
from tests.support.waiting import until
from tests.upgrade.versions import Load, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
PART_S = 4.0  # of each part: the old version alone, both, the new one alone
DEVICES = 12
SETTINGS = {"AGGREGATE_WINDOW_SECONDS": "10", "AGGREGATE_GRACE_SECONDS": "2"}


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.fixture
def environment(kafka_bootstrap: str, mongo_url: str, database: Documents) -> Mapping[str, str]:
    topic = f"upgrade.{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(20)
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "TELEMETRY_TOPIC": topic,
        "MONGO_URL": mongo_url,
        "MONGO_DB": database.name,
        **SETTINGS,
    }


def test_a_rolling_upgrade_under_load_loses_nothing(
    database: Documents, environment: Mapping[str, str], tmp_path: Path, root: Path
) -> None:
    load = Load([])
    posting = threading.Thread(target=lambda: asyncio.run(load.run(DEVICES)))
    with version(tmp_path / "old", root, environment, is_old=True) as old:
        load.urls.append(old.functions["ingest"].url)
        posting.start()
        time.sleep(PART_S)
        until(
            lambda: database[RAW].estimated_document_count() > 0, 60, "the old one stores nothing"
        )
        with version(tmp_path / "new", root, environment, is_old=False) as new:
            load.urls.insert(0, new.functions["ingest"].url)
            time.sleep(PART_S)
            load.urls.pop()
            old.kill("aggregate", "alert")
            time.sleep(PART_S)
            load.is_over = True
            posting.join(60)

            assert len(load.acknowledged) > 100
            until(lambda: not _missing(database, load), 60, "acknowledged readings are not stored")
            tick = new.functions["alert"].asks("POST", "/", _headers(), TICK.body)
            assert tick.status_code == 204
            until(lambda: _audit(environment, root, "aggregate") == 0, 120, "views differ")
            until(lambda: _audit(environment, root, "alert") == 0, 60, "alerts differ")
    rows = list(database[ALERTS].find({"rule_id": {"$exists": False}}))

    assert {row["status"] for row in rows} == {"retracted"}
    assert database[ALERTS].count_documents({"rule_id": {"$exists": True}}) > 0


def _missing(database: Documents, load: Load) -> set[str]:
    stored = {row["_id"]: row["temperature_c"] for row in database[RAW].find()}
    assert all(stored.get(one, value) == value for one, value in load.acknowledged.items())
    return load.acknowledged.keys() - stored.keys()


def _headers() -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in TICK.headers]


def _audit(environment: Mapping[str, str], root: Path, function: str) -> int:
    command = [sys.executable, "-m", f"functions.{function}.audit"]
    found = subprocess.run(
        command,
        cwd=root,
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    print(found.stdout[-2000:], found.stderr[-2000:])
    return found.returncode
