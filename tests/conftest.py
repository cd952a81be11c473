"""The real servers that tests share: one Kafka and one MongoDB for the whole run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real Kafka: KAFKA_TEST_BOOTSTRAP, else one started for this run."""
    given = os.environ.get("KAFKA_TEST_BOOTSTRAP")
    if given:
        yield given
        return
    try:
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
        broker = KafkaBroker(free_port(), tmp_path_factory.mktemp("kafka"), jars)
        broker.start()
    except ServerFailedError as error:
        _not_to_be_had(error)
    try:
        broker.wait_until_ready()
        yield broker.bootstrap
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a real MongoDB: MONGO_TEST_URL, else one started for this run."""
    given = os.environ.get("MONGO_TEST_URL")
    if given:
        yield given
        return
    server = MongoServer(free_port(), tmp_path_factory.mktemp("mongo"))
    try:
        server.start()
    except ServerFailedError as error:
        _not_to_be_had(error)
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the repository's folder."""
    return Path(__file__).resolve().parents[1]


def _not_to_be_had(error: ServerFailedError) -> None:
    if os.environ.get("CI") == "true":
        raise error
    pytest.skip(f"needs a real server: {error}")
