"""A real Kafka that asks for TLS, and for a user with a password (SCRAM-SHA-512) and rights."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka.admin import (
    AdminClient,
)
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from confluent_kafka.cimpl import KafkaException, NewTopic

from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ADMIN = "admin"
ADMIN_PASSWORD = "admin-of-the-test"
_CALL_S = 20.0
_SECURED = """\
listeners=SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=SASL_SSL://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{admin}" password="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin};User:ANONYMOUS
"""


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """A broker at `bootstrap`; `ca` is to be trusted."""

    bootstrap: str
    ca: Path

    def client(self, user: str, password: str) -> dict[str, str]:
        """Return librdkafka's settings for a user."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": password,
            "ssl.ca.location": str(self.ca),
        }

    def environment(self, user: str, password: str) -> dict[str, str]:
        """Return the variables of a function that is this user."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": user,
            "KAFKA_SASL_PASSWORD": password,
            "KAFKA_SSL_CA_LOCATION": str(self.ca),
        }

    def administrator(self) -> AdminClient:
        """Return a client that may do everything."""
        return AdminClient({**self.client(ADMIN, ADMIN_PASSWORD), "log_level": 0})

    def make_topic(self, name: str) -> None:
        """Make a topic of one partition."""
        administrator = self.administrator()  # held: a lost one ends its work
        administrator.create_topics([NewTopic(name, 1, 1)])[name].result(_CALL_S)

    def set_user(self, user: str, password: str) -> None:
        """Make a user, or change its password."""
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(user, credential, password.encode())
        administrator = self.administrator()
        administrator.alter_user_scram_credentials([change])[user].result(_CALL_S)

    def allow(self, user: str, kind: str, name: str, operations: Sequence[str]) -> None:
        """Let a user do this with a topic, a group, or the cluster."""
        bindings = [
            AclBinding(
                ResourceType[kind.upper()],
                name,
                ResourcePatternType.LITERAL,
                f"User:{user}",
                "*",
                AclOperation[operation.upper()],
                AclPermissionType.ALLOW,
            )
            for operation in operations
        ]
        administrator = self.administrator()
        for made in administrator.create_acls(bindings).values():
            made.result(_CALL_S)


@dataclass(slots=True)
class _Broker(KafkaBroker):
    """A broker that asks for TLS and a password."""

    further: str = ""

    def _write_properties(self) -> Path:
        written = KafkaBroker._write_properties(self)
        text = written.read_text()
        (controller_port,) = (
            line.rpartition(":")[2]
            for line in text.splitlines()
            if line.startswith("controller.quorum.voters=")
        )
        kept = [line for line in text.splitlines() if "listeners=" not in line]
        secured = self.further.format(port=self.port, controller_port=controller_port)
        written.write_text("\n".join([*kept, secured]))
        return written

    def _format_options(self) -> list[str]:
        return ["--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={ADMIN_PASSWORD}]"]


@contextmanager
def secured_kafka(
    folder: Path, jars: Sequence[Path], certificate: Path, ca: Path
) -> Iterator[SecuredKafka]:
    """Start it in a folder, with an administrator and no other user."""
    further = _SECURED.format(
        port="{port}",
        controller_port="{controller_port}",
        admin=ADMIN,
        password=ADMIN_PASSWORD,
        certificate=certificate,
        ca=ca,
    )
    broker = _Broker(free_port(), folder, jars, further=further)
    made = SecuredKafka(broker.bootstrap, ca)
    try:
        broker.start()
        assert broker.process is not None
        broker.process.wait_until(lambda: _serves(made), 60.0)
        yield made
    finally:
        broker.stop()


def _serves(kafka: SecuredKafka) -> bool:
    try:
        return bool(kafka.administrator().list_topics(timeout=5.0).brokers)
    except KafkaException:
        return False
