"""The broker and the database of local-dev, for real: data is there again, on any port."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pymongo import MongoClient

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.addresses import fault_of_mongo
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port, is_listening
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer
from tests.support.servers import standalone_mongod

ODD_NAME = "jürgen, 日本\\n = 😀"  # properties are Latin-1, and a comma ends a folder's name there


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[MongoServer]:
    server = MongoServer(free_port(), tmp_path / ODD_NAME / "mongo")
    yield server
    server.stop()


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
    broker = KafkaBroker(free_port(), tmp_path / ODD_NAME / "kafka", jars)
    yield broker
    broker.stop()


def started(server: MongoServer | KafkaBroker) -> None:
    server.start()
    server.wait_until_ready()


@pytest.mark.database
def test_the_database_is_a_replica_set_and_keeps_its_data_when_its_port_changes(
    mongo: MongoServer,
) -> None:
    started(mongo)
    with MongoClient[dict[str, Any]](mongo.url) as client:
        client.iotdb.telemetry_raw.insert_one({"_id": "kept"})
        set_name = client.admin.command("hello")["setName"]
    mongo.stop()

    mongo.port = free_port()
    started(mongo)

    with MongoClient[dict[str, Any]](mongo.url) as client:
        found = client.iotdb.telemetry_raw.find_one()
    assert set_name == "local"
    assert found == {"_id": "kept"}


@pytest.mark.database
def test_a_killed_database_comes_back_with_what_it_acknowledged(mongo: MongoServer) -> None:
    started(mongo)
    with MongoClient[dict[str, Any]](mongo.url, w="majority") as client:
        client.iotdb.telemetry_raw.insert_one({"_id": "acknowledged"})
    assert mongo.process is not None
    mongo.process.stop(grace_s=0)

    started(mongo)

    with MongoClient[dict[str, Any]](mongo.url) as client:
        assert client.iotdb.telemetry_raw.find_one() == {"_id": "acknowledged"}


@pytest.mark.broker
@pytest.mark.timeout(120)
def test_the_broker_keeps_its_records_when_its_port_changes(
    kafka: KafkaBroker, tmp_path: Path
) -> None:
    started(kafka)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic("telemetry.raw", 1)])["telemetry.raw"].result(timeout=10)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce("telemetry.raw", b"kept")
    assert producer.flush(10) == 0
    kafka.stop()

    kafka.port = free_port()
    started(kafka)

    assert first_value(kafka.bootstrap, "telemetry.raw") == b"kept"
    assert list(tmp_path.rglob("meta.properties")) == [kafka.folder / "data" / "meta.properties"]


@pytest.mark.broker
@pytest.mark.timeout(120)
def test_the_broker_makes_no_topic_unasked_and_frees_its_port_at_the_end(
    kafka: KafkaBroker,
) -> None:
    started(kafka)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "message.timeout.ms": 3000})
    failures: list[object] = []
    producer.produce("nobody.made.me", b"lost", on_delivery=lambda error, _: failures.append(error))
    producer.flush(10)

    kafka.stop()

    assert "UNKNOWN_TOPIC" in str(failures) or "TIMED_OUT" in str(failures)
    assert not is_listening(kafka.port)


def first_value(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(20)
        return message.value() if message else None
    finally:
        consumer.close()


def test_a_folder_that_java_cannot_read_is_refused_by_its_byte(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"j\xfcrgen")

    with pytest.raises(ServerFailedError, match=r"udcfc.*not UTF-8: rename the folder"):
        KafkaBroker(free_port(), folder, []).start()


@pytest.mark.database
@pytest.mark.skipif(shutil.which("unshare") is None, reason="only Linux has name spaces")
def test_a_database_on_a_full_disk_ends_with_that_reason(tmp_path: Path) -> None:
    """The disk is a file system of 3 MB that only this process sees; not every user can."""
    program = (
        "import sys; from pathlib import Path; from local_dev.servers.mongo import MongoServer\n"
        "server = MongoServer(1, Path(sys.argv[1])); server.start(); server.wait_until_ready()"
    )
    mount = 'mount -t tmpfs -o size=3m tmpfs "$1" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "-rm", "sh", "-c", mount, "-", str(tmp_path), sys.executable, program]

    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    if done.returncode == 77:
        pytest.skip("this user cannot mount a file system")
    assert "MongoDB ended with status" in done.stderr
    assert f"the disk of {tmp_path} is full" in done.stderr


@pytest.mark.database
def test_a_database_that_lets_no_function_in_is_named_so(tmp_path: Path) -> None:
    with standalone_mongod(tmp_path, "--auth") as url:
        with MongoClient[dict[str, Any]](url) as client:
            client.admin.command("createUser", "iot", pwd="right", roles=["root"])

        refused = fault_of_mongo(url.replace("//", "//iot:hunter2@"))
        alone = fault_of_mongo(url.replace("//", "//iot:right@"))

    assert refused == "the database refuses this user or this password"
    assert str(alone).startswith("this MongoDB is no replica set: start mongod with --replSet")


@pytest.mark.database
def test_a_database_that_functions_can_use_has_no_fault(mongo: MongoServer) -> None:
    started(mongo)

    assert fault_of_mongo(mongo.url) is None
