"""The real Kafka and MongoDB of a benchmark, started when a case first needs them."""

from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType

from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from local_dev.servers.mongo import MongoServer


class RealServers(AbstractContextManager["RealServers"]):
    """Servers on free ports of loopback that keep all they have in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started = ExitStack()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._started.close()

    @cached_property
    def kafka(self) -> str:
        """The address of a broker. Raise ServerFailedError where none can be had."""
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
        broker = KafkaBroker(free_port(), self.folder / "kafka", jars)
        broker.start()
        self._started.callback(broker.stop)
        broker.wait_until_ready()
        return broker.bootstrap

    @cached_property
    def mongo_url(self) -> str:
        """The URL of a replica set of one. Raise ServerFailedError where none can be had."""
        server = MongoServer(free_port(), self.folder / "mongo")
        server.start()
        self._started.callback(server.stop)
        server.wait_until_ready()
        return server.url
