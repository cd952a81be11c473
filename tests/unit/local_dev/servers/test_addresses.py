"""An address that the environment gives is tried before anything is started."""

import asyncio

import pytest

from local_dev.servers import addresses
from local_dev.servers.addresses import Addresses, fault_of_mongo
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.free_port import free_port


def at(kafka: str, mongo: str, *given: str) -> Addresses:
    return Addresses(kafka, mongo, frozenset(given))


@pytest.fixture(autouse=True)
def _is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "PROBE_MS", 300)
    monkeypatch.setattr("local_dev.servers.kafka.METADATA_TIMEOUT_S", 0.3)


@pytest.mark.parametrize("password", ["a@b", "a:b", "a/b", "a%b", "a?b", "@/:"])
def test_a_password_that_is_not_encoded_gets_a_hint_and_is_not_shown(password: str) -> None:
    fault = fault_of_mongo(f"mongodb://user:hunter2{password}@127.0.0.1:1/")

    assert "in a user name or a password, write % as %25, @ as %40" in str(fault)
    assert "hunter2" not in str(fault)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("postgres://here", "its form is wrong: Invalid URI scheme"),
        ("mongodb://host:99999", "its form is wrong: Port must be an integer"),
    ],
)
def test_a_url_without_a_password_is_explained(url: str, fault: str) -> None:
    assert fault in str(fault_of_mongo(url))


def test_a_closed_port_is_named_with_its_reason() -> None:
    port = free_port()

    fault = fault_of_mongo(f"mongodb://user:hunter2@127.0.0.1:{port}/")

    assert fault == f"no database responds: 127.0.0.1:{port}: [Errno 111] Connection refused"


def test_both_that_are_given_are_reported_by_their_variables() -> None:
    given = at("127.0.0.1:1", "mongodb://", "KAFKA_BOOTSTRAP_SERVERS", "MONGO_URL")

    with pytest.raises(ServerFailedError) as caught:
        asyncio.run(given.refuse_unusable())

    kafka, mongo = str(caught.value).splitlines()
    assert kafka == "KAFKA_BOOTSTRAP_SERVERS: no Kafka responds at 127.0.0.1:1"
    assert mongo.startswith("MONGO_URL: its form is wrong")


def test_our_own_are_not_asked_before_they_are_started() -> None:
    asyncio.run(at("127.0.0.1:1", "mongodb://127.0.0.1:1").refuse_unusable())
