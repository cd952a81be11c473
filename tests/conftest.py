"""The real servers that tests share, and how tests are distributed and measured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer
from tests.support.availability import no_server
from tests.support.distribution import Distribution, sort_by_duration
from tests.support.measurement import is_measured, paused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long where this process is one of several workers."""
    if hasattr(config, "workerinput"):
        sort_by_duration(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Distribution:
    """Return what hands the tests to the workers."""
    return Distribution(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave out of the measurement of coverage what would only be slower by it."""
    if is_measured(item.path):
        return (yield)
    with paused():
        return (yield)


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
        no_server(error)
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
        no_server(error)
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the repository's folder."""
    return Path(__file__).resolve().parents[1]
