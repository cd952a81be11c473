"""What an error of Kafka's client means, and which variable to look at."""

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from socket import create_server

import pytest
from confluent_kafka import KafkaError

from shared.kafka.trouble import refusal_of
from shared.settings import KafkaSettings
from tests.secured.certificates import Authority

NOT_TRUSTED = KafkaError(KafkaError._SSL, "as librdkafka says it")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new("test", tmp_path)


@pytest.fixture
def trusted(authority: Authority) -> Iterator[str]:
    """Give the address of a server whose certificate is in order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server("server"))
    with create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        serving.join(5)


def said(bootstrap: str, ca: str = "", error: KafkaError = NOT_TRUSTED) -> str:
    return refusal_of(
        error, KafkaSettings(kafka_bootstrap_servers=bootstrap, kafka_ssl_ca_location=ca)
    )


def test_a_refused_password_names_its_variables() -> None:
    error = KafkaError(KafkaError._AUTHENTICATION, "SASL authentication error")

    assert said("kafka:9092", error=error).startswith("KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD:")


@pytest.mark.parametrize("bootstrap", ["127.0.0.1:1", "kafka", "[::1]:none"])
def test_where_nothing_is_to_be_seen_it_is_as_the_client_says(bootstrap: str) -> None:
    assert said(bootstrap) == (
        f"KAFKA_SSL_CA_LOCATION: the certificate of {bootstrap} is not trusted: "
        "as librdkafka says it"
    )


def test_a_certificate_that_is_trusted_by_now_is_as_the_client_says(
    trusted: str, authority: Authority
) -> None:
    assert said(trusted, str(authority.ca)).endswith("as librdkafka says it")


def test_the_first_of_several_servers_is_named(trusted: str, authority: Authority) -> None:
    assert f"certificate of {trusted} is" in said(f"{trusted}, other:9093", str(authority.ca))
