"""Why no broker serves us, in words that name the variable to look at."""

import socket
import ssl
from typing import Final

from confluent_kafka import KafkaError

from shared.settings import KafkaSettings

REFUSALS: Final = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})  # noqa: SLF001 - public
_PATIENCE_S: Final = 2.0


def refusal_of(error: KafkaError, settings: KafkaSettings) -> str:
    """Return what an error of REFUSALS means for whoever set the client up.

    Of a certificate that is not trusted librdkafka does not say why (2.16): so it is looked at, by
    one connection to a bootstrap server of at most 2 s.
    """
    if error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001 - its public name
        return (
            "KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: the broker refuses this user or this"
            " password"
        )
    first = settings.kafka_bootstrap_servers.split(",")[0].strip()
    why = _distrust(first, settings.kafka_ssl_ca_location) or error.str()
    return f"KAFKA_SSL_CA_LOCATION: the certificate of {first} is not trusted: {why}"


def _distrust(server: str, ca: str) -> str | None:
    """Return why the server's certificate is not trusted, None where that is not to be seen."""
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    try:
        context = ssl.create_default_context(cafile=ca or None)
        with (
            socket.create_connection((host, int(port)), _PATIENCE_S) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except (OSError, ValueError):
        return None
