"""A real MongoDB of three members and a real Kafka of three brokers, to be taken apart."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import KafkaException, NewTopic
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from local_dev.servers.child_process import ChildProcess
from local_dev.servers.free_port import free_port, is_listening
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.mongo import mongod
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MEMBERS = 3
_START_S = 60.0
_CALL_S = 20.0
_STOP_S = 1.0  # of what is thrown away
_ELECTION_MS = 2_000  # ten seconds by default; a test has no time for it


@dataclass(slots=True)
class ThreeMongos:
    """Members by their ports; `processes` are those that were started, by port."""

    folder: Path
    ports: Sequence[int]
    processes: dict[int, ChildProcess] = field(default_factory=dict)

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet=rs0"

    def start(self, port: int) -> None:
        """Start a member, for the first time or again."""
        data = self.folder / str(port)
        data.mkdir(parents=True, exist_ok=True)
        command = [
            *(mongod(), "--replSet", "rs0", "--dbpath", str(data), "--port", str(port)),
            *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
            *("--oplogSize", "128"),
        ]
        log = self.folder / f"{port}.log"
        self.processes[port] = ChildProcess.start(f"MongoDB {port}", command, log, os.environ)

    def initiate(self) -> None:
        """Make them one replica set."""
        members = [
            {"_id": place, "host": f"127.0.0.1:{port}"} for place, port in enumerate(self.ports)
        ]
        config = {
            "_id": "rs0",
            "members": members,
            "settings": {"electionTimeoutMillis": _ELECTION_MS},
        }
        for port in self.ports:
            self.processes[port].wait_until(partial(is_listening, port), _START_S)
        with MongoClient[dict[str, Any]](
            "127.0.0.1", self.ports[0], directConnection=True, timeoutMS=10_000
        ) as client:
            client.admin.command("replSetInitiate", config)
        until(lambda: self.primary() is not None, _START_S, "no primary")

    def primary(self) -> int | None:
        """Return the port of the member that takes writes, None where there is none."""
        for port, process in self.processes.items():
            if process.exit_status is None and _is_primary(port):
                return port
        return None

    def step_down(self) -> None:
        """Have the primary step down."""
        port = self.primary()
        assert port is not None
        with MongoClient[dict[str, Any]](
            "127.0.0.1", port, directConnection=True, timeoutMS=15_000
        ) as client:
            client.admin.command({"replSetStepDown": 20, "secondaryCatchUpPeriodSecs": 10})

    def kill(self, port: int) -> None:
        """End a member as a crash does."""
        self.processes[port].signal(signal.SIGKILL)
        until(lambda: self.processes[port].exit_status is not None, 10, "it does not end")


def _is_primary(port: int) -> bool:
    with (
        suppress(PyMongoError),
        MongoClient[dict[str, Any]](
            "127.0.0.1", port, directConnection=True, timeoutMS=2_000
        ) as client,
    ):
        return bool(client.admin.command("hello")["isWritablePrimary"])
    return False


@dataclass(slots=True)
class _Member(KafkaBroker):
    """One broker of several; `controllers` are the ports of all, `node` is its own number."""

    node: int = 1
    controllers: Sequence[int] = ()

    def _write_properties(self) -> Path:
        written = KafkaBroker._write_properties(self)
        own = self.controllers[self.node - 1]
        voters = ",".join(
            f"{node}@127.0.0.1:{port}" for node, port in enumerate(self.controllers, 1)
        )
        changed = {
            "node.id": str(self.node),
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{own}",
            "offsets.topic.replication.factor": "3",
            "transaction.state.log.replication.factor": "3",
            "transaction.state.log.min.isr": "2",
            "share.coordinator.state.topic.replication.factor": "3",
            "share.coordinator.state.topic.min.isr": "2",
            "default.replication.factor": "3",
            "min.insync.replicas": "2",
            "controller.quorum.election.timeout.ms": "1000",
            "controller.quorum.fetch.timeout.ms": "2000",
            "replica.lag.time.max.ms": "5000",
        }
        properties = dict(line.split("=", 1) for line in written.read_text().splitlines())
        lines = [f"{name}={value}" for name, value in {**properties, **changed}.items()]
        written.write_text("\n".join(lines) + "\n")
        return written

    def _java(self) -> list[str]:
        return [*KafkaBroker._java(self), "-Xmx256m"]


@dataclass(slots=True)
class ThreeBrokers:
    """Brokers by their numbers, from 1 on."""

    members: dict[int, KafkaBroker]

    @property
    def bootstrap(self) -> str:
        return ",".join(member.bootstrap for member in self.members.values())

    def make_topic(self, name: str, partitions: int) -> None:
        """Make a topic whose records a write of all in-sync replicas, two at least, makes safe."""
        administrator = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        wanted = NewTopic(name, partitions, MEMBERS, config={"min.insync.replicas": "2"})
        administrator.create_topics([wanted])[name].result(_CALL_S)

    def leader(self, topic: str) -> int:
        """Return the number of the broker that leads the topic's first partition."""
        administrator = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        found = administrator.list_topics(topic, timeout=_CALL_S).topics[topic]
        return int(found.partitions[0].leader)

    def signal(self, node: int, number: int) -> None:
        """Send a signal to a broker."""
        process = self.members[node].process
        assert process is not None
        process.signal(number)

    def kill(self, node: int) -> None:
        """End a broker as a crash does."""
        self.signal(node, signal.SIGKILL)
        process = self.members[node].process
        assert process is not None
        until(lambda: process.exit_status is not None, 10, "it does not end")


@contextmanager
def three_mongos(folder: Path) -> Iterator[ThreeMongos]:
    """Start three members, and make them a replica set."""
    made = ThreeMongos(folder, [free_port() for _ in range(MEMBERS)])
    try:
        for port in made.ports:
            made.start(port)
        made.initiate()
        yield made
    finally:
        for process in made.processes.values():
            process.stop(_STOP_S)


@contextmanager
def three_brokers(folder: Path, jars: Sequence[Path]) -> Iterator[ThreeBrokers]:
    """Start three brokers that are controllers, too."""
    controllers = [free_port() for _ in range(MEMBERS)]
    made = ThreeBrokers(
        {
            node: _Member(free_port(), folder / str(node), jars, node=node, controllers=controllers)
            for node in range(1, MEMBERS + 1)
        }
    )
    try:
        for member in made.members.values():
            member.start()
        until(lambda: _are_there(made), _START_S, "the brokers are not one cluster")
        yield made
    finally:
        for member in made.members.values():
            if member.process is not None:
                member.process.stop(_STOP_S)


def _are_there(brokers: ThreeBrokers) -> bool:
    client = AdminClient({"bootstrap.servers": brokers.bootstrap, "log_level": 0})
    try:
        return len(client.list_topics(timeout=5.0).brokers) == MEMBERS
    except KafkaException:
        return False
