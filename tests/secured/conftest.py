"""Real servers that ask for TLS and passwords, one of each for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.kafka_jars import class_path
from tests.secured.certificates import Authority
from tests.secured.kafka import SecuredKafka, secured_kafka
from tests.secured.mongo import SecuredMongo, secured_mongo
from tests.support.availability import no_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the authority that signed the servers' certificates."""
    return Authority.new("test", tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def mongo(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredMongo]:
    """Give the database."""
    folder = tmp_path_factory.mktemp("secured-mongo")
    try:
        with secured_mongo(folder / "mongo", authority.server("mongo"), authority.ca) as made:
            yield made
    except ServerFailedError as error:
        no_server(error)


@pytest.fixture(scope="session")
def kafka(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """Give the broker, with the topics of the pipeline."""
    folder = tmp_path_factory.mktemp("secured-kafka")
    try:
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
        with secured_kafka(folder / "kafka", jars, authority.server("kafka"), authority.ca) as made:
            for topic in ("telemetry.raw", "telemetry.dlq"):
                made.make_topic(topic)
            yield made
    except ServerFailedError as error:
        no_server(error)
