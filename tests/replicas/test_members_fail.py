"""Three members and three brokers: what a majority survives loses nothing, what not is refused."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.kafka_jars import class_path
from shared.mongo.collections import RAW
from shared.readings.reading_event import records_of
from tests.replicas.three_members import ThreeBrokers, ThreeMongos, three_brokers, three_mongos
from tests.support.availability import no_server
from tests.support.readings import NOW, at, request_headers
from tests.support.waiting import until
from tests.upgrade.versions import Load, Version, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(400)]
DATABASE = "replicas"
DEVICES = 10
PART_S = 3.0


@pytest.fixture(scope="module")
def mongos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreeMongos]:
    try:
        with three_mongos(tmp_path_factory.mktemp("mongos")) as made:
            yield made
    except ServerFailedError as error:
        no_server(error)


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreeBrokers]:
    try:
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
        with three_brokers(tmp_path_factory.mktemp("brokers"), jars) as made:
            yield made
    except ServerFailedError as error:
        no_server(error)


@pytest.fixture(scope="module")
def environment(mongos: ThreeMongos, brokers: ThreeBrokers) -> Mapping[str, str]:
    topic = f"telemetry.{uuid.uuid4().hex}"
    brokers.make_topic(topic, 3)
    return {
        "KAFKA_BOOTSTRAP_SERVERS": brokers.bootstrap,
        "KAFKA_TIMEOUT_MS": "3000",
        "TELEMETRY_TOPIC": topic,
        "MONGO_URL": mongos.url,
        "MONGO_DB": DATABASE,
        "MONGO_TIMEOUT_MS": "3000",
        "AGGREGATE_WINDOW_SECONDS": "10",
        "AGGREGATE_GRACE_SECONDS": "2",
    }


@pytest.fixture(scope="module")
def running_system(
    environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[Version]:
    folder = tmp_path_factory.mktemp("functions") / "now"
    with version(folder, root, environment, is_old=False) as made:
        yield made


def test_what_a_majority_survives_loses_nothing(
    running_system: Version,
    mongos: ThreeMongos,
    brokers: ThreeBrokers,
    environment: Mapping[str, str],
    root: Path,
) -> None:
    topic = environment["TELEMETRY_TOPIC"]
    with _posting(running_system) as load:
        time.sleep(PART_S)
        primary = mongos.primary()
        assert primary is not None
        mongos.kill(primary)
        leader = brokers.leader(topic)
        brokers.signal(leader, signal.SIGSTOP)
        time.sleep(2 * PART_S)
        mongos.start(primary)
        brokers.signal(leader, signal.SIGCONT)
        time.sleep(PART_S)
        leader = brokers.leader(topic)
        brokers.kill(leader)
        until(lambda: mongos.primary() is not None, 30, "no primary")
        mongos.step_down()
        time.sleep(2 * PART_S)
        brokers.members[leader].start()
        time.sleep(PART_S)

    _all_is_there(load, mongos, environment, root)


def test_beyond_a_majority_all_is_refused_and_recovers(
    running_system: Version,
    mongos: ThreeMongos,
    brokers: ThreeBrokers,
    environment: Mapping[str, str],
    root: Path,
) -> None:
    functions = running_system.functions
    until(lambda: mongos.primary() is not None, 30, "no primary")
    two_brokers, two_members = list(brokers.members)[:2], list(mongos.ports)[:2]
    with _posting(running_system) as load:
        time.sleep(PART_S)
        for node in two_brokers:
            brokers.kill(node)
        for port in two_members:
            mongos.kill(port)
        time.sleep(2 * PART_S)
        acknowledged = len(load.acknowledged)
        posted = functions["ingest"].asks(
            "POST",
            "/ingest",
            [("content-type", "application/json")],
            b'{"device_id": "refused", "temperature_c": 20}',
        )
        delivered = [_delivered(running_system, name) for name in ("aggregate", "alert")]
        assert (posted.status_code, delivered) == (503, [503, 503])
        assert len(load.acknowledged) == acknowledged
        for node in two_brokers:
            brokers.members[node].start()
        for port in two_members:
            mongos.start(port)
        until(lambda: len(load.acknowledged) > acknowledged, 60, "it does not recover")
        time.sleep(PART_S)

    _all_is_there(load, mongos, environment, root)


@contextmanager
def _posting(system: Version) -> Iterator[Load]:
    """Have devices post while the block runs."""
    load = Load([system.functions["ingest"].url], name=uuid.uuid4().hex[:8])
    thread = threading.Thread(target=lambda: asyncio.run(load.run(DEVICES)))
    thread.start()
    try:
        yield load
    finally:
        load.is_over = True
        thread.join(60)


def _delivered(system: Version, name: str) -> int:
    (record,) = records_of([at(1)], NOW)
    event = [(key.decode(), value.decode()) for key, value in request_headers(record)]
    return system.functions[name].asks("POST", "/", event, record.value).status_code


def _all_is_there(
    load: Load, mongos: ThreeMongos, environment: Mapping[str, str], root: Path
) -> None:
    """Wait until every acknowledged reading is stored and nothing differs from a recompute."""
    assert len(load.acknowledged) > 50
    with MongoClient[dict[str, object]](mongos.url, timeoutMS=20_000) as client:
        stored = client[DATABASE][RAW]
        ids = list(load.acknowledged)
        wanted = {"_id": {"$in": ids}}
        until(lambda: stored.count_documents(wanted) == len(ids), 60, "readings are missing")
    for function in ("aggregate", "alert"):
        is_equal = partial(_is_equal, environment, root, function)
        until(is_equal, 90, f"{function} differs")


def _is_equal(environment: Mapping[str, str], root: Path, function: str) -> bool:
    """Return whether the audit finds nothing that differs."""
    command = [sys.executable, "-m", f"functions.{function}.audit"]
    found = subprocess.run(
        command,
        cwd=root,
        env={"PATH": os.environ["PATH"], **environment, "MONGO_TIMEOUT_MS": "10000"},
        check=False,
        capture_output=True,
        text=True,
    )
    print(found.stdout[-1500:], found.stderr[-1500:])
    return found.returncode == 0
