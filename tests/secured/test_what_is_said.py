"""What a function says of a wrong certificate or password: the variable, and no secret."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.secured.certificates import Authority
from tests.support.function_process import deployed, running
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.secured.kafka import SecuredKafka
    from tests.secured.mongo import SecuredMongo

SPECIAL = "p@ss:w/o%r?d#[]&= é\"'\\,;"
WRONG = "a-wrong-password"
UNTRUSTED = ["unable to get", "self-signed"]  # by OpenSSL's version
FAST = {"MONGO_TIMEOUT_MS": "1000", "KAFKA_TIMEOUT_MS": "1000"}


@contextmanager
def server_with(certificate: Path) -> Iterator[int]:
    """Give the port of a server that does no more than show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connection.settimeout(2)
                    with suppress(OSError), connection:
                        context.wrap_socket(connection, server_side=True).close()

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    serving.join(5)


@pytest.mark.database
def test_a_password_of_every_special_character_opens_the_database(
    mongo: SecuredMongo, root: Path, tmp_path: Path
) -> None:
    mongo.set_user("special", SPECIAL)
    environment = {"MONGO_URL": mongo.url("special", SPECIAL)}

    with running(deployed("dlq"), root, environment, tmp_path / "log") as function:
        until(lambda: function.asks("GET", "/health/ready").is_success, 10, "not ready")


@pytest.mark.broker
def test_a_password_of_every_special_character_opens_kafka(
    kafka: SecuredKafka, root: Path, tmp_path: Path
) -> None:
    kafka.set_user("special", SPECIAL)
    kafka.allow("special", "topic", "telemetry.raw", ["Write", "Describe"])
    environment = kafka.environment("special", SPECIAL)

    with running(deployed("ingest"), root, environment, tmp_path / "log") as function:
        posted = function.asks(
            "POST",
            "/ingest",
            [("content-type", "application/json")],
            b'{"device_id": "boiler", "temperature_c": 20}',
        )

    assert posted.status_code == 202, posted.text


@pytest.mark.database
def test_a_wrong_password_of_the_database_ends_the_start(
    mongo: SecuredMongo, root: Path, tmp_path: Path
) -> None:
    mongo.set_user("special", SPECIAL)
    log = tmp_path / "log"

    with (
        pytest.raises(AssertionError),
        running(deployed("dlq"), root, {"MONGO_URL": mongo.url("special", WRONG)}, log),
    ):
        raise NotImplementedError

    assert "MONGO_URL: the database refuses this user or this password" in log.read_text()
    assert WRONG not in log.read_text()


@pytest.mark.database
@pytest.mark.parametrize("what", ["authority", "host", "expired"])
def test_a_certificate_of_the_database_that_is_not_trusted_is_named(
    mongo: SecuredMongo, authority: Authority, root: Path, tmp_path: Path, what: str
) -> None:
    expired = authority.server("expired-mongo", is_expired=True)
    with server_with(expired) as port:
        url, words = {
            "authority": (
                mongo.url("u", WRONG, Authority.new("other", tmp_path).ca),
                UNTRUSTED,
            ),
            "host": (mongo.url("u", WRONG, host="localhost"), ["mismatch"]),
            "expired": (replace(mongo, port=port).url("u", WRONG), ["has expired"]),
        }[what]
        said = _said_when_not_ready("dlq", {"MONGO_URL": url}, root, tmp_path)

    assert "MONGO_URL" in said
    assert any(word in said for word in words), said
    assert WRONG not in said


@pytest.mark.broker
@pytest.mark.parametrize("what", ["password", "authority", "host", "expired"])
def test_what_kafka_is_not_reached_by_is_named(
    kafka: SecuredKafka, authority: Authority, root: Path, tmp_path: Path, what: str
) -> None:
    expired = authority.server("expired-kafka", is_expired=True)
    port = kafka.bootstrap.rpartition(":")[2]
    with server_with(expired) as stand_in:
        reached, variable, words = {
            "password": (kafka, "KAFKA_SASL_PASSWORD", ["refuses this user or this password"]),
            "authority": (
                replace(kafka, ca=Authority.new("other", tmp_path).ca),
                "KAFKA_SSL_CA_LOCATION",
                UNTRUSTED,
            ),
            "host": (
                replace(kafka, bootstrap=f"localhost:{port}"),
                "KAFKA_SSL_CA_LOCATION",
                ["mismatch"],
            ),
            "expired": (
                replace(kafka, bootstrap=f"127.0.0.1:{stand_in}"),
                "KAFKA_SSL_CA_LOCATION",
                ["has expired"],
            ),
        }[what]
        said = _said_when_not_ready("ingest", reached.environment("u", WRONG), root, tmp_path)

    assert variable in said
    assert any(word in said for word in words), said
    assert WRONG not in said


@pytest.mark.parametrize(
    ("function", "environment", "variable"),
    [
        ("dlq", {"MONGO_URL": "mongodb://mongo/?tls=true&tlsCAFile=/none.pem"}, "MONGO_URL"),
        (
            "ingest",
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": "/none.pem"},
            "KAFKA_SSL_CA_LOCATION",
        ),
    ],
)
def test_a_file_of_certificates_that_is_not_there_ends_the_start(
    function: str, environment: Mapping[str, str], variable: str, root: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    with pytest.raises(AssertionError), running(deployed(function), root, environment, log):
        raise NotImplementedError

    assert variable in log.read_text()
    assert "/none.pem" in log.read_text()
    assert "Traceback" not in log.read_text()


def _said_when_not_ready(
    name: str, environment: Mapping[str, str], root: Path, folder: Path
) -> str:
    """Return why the function is not ready, and what it logged."""
    log = folder / "log"
    with running(deployed(name), root, {**environment, **FAST}, log) as function:
        ready = function.asks("GET", "/health/ready")
        until(lambda: "does not" in log.read_text(), 10, "it logs nothing")
        until(lambda: ":" in function.asks("GET", "/health/ready").json()["detail"], 10, "why?")
        ready = function.asks("GET", "/health/ready")

    assert ready.status_code == 503
    return str(ready.json()["detail"]) + log.read_text()
