"""What contract tests need of the real Kafka and MongoDB. Topics, records, databases."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pymongo import MongoClient
from pymongo.database import Database

from local_dev.servers.child_process import ChildProcess
from local_dev.servers.free_port import free_port, is_listening
from local_dev.servers.mongo import mongod
from shared.mongo.connection import Mongo
from shared.settings import KafkaSettings, MongoSettings

Documents = Database[dict[str, Any]]
_Result = TypeVar("_Result")


def new_topic(bootstrap: str, **config: str) -> str:
    """Make a topic of one partition, and return its name."""
    name = f"test.{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": bootstrap})  # held: a lost one ends its work
    admin.create_topics([NewTopic(name, 1, 1, config=config)])[name].result(20)
    return name


def records_in(bootstrap: str, topic: str) -> list[Message]:
    """Give every record of a topic of one partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex})
    try:
        partition = TopicPartition(topic, 0, 0)
        end = consumer.get_watermark_offsets(partition, timeout=20)[1]
        consumer.assign([partition])
        return consumer.consume(end, timeout=20) if end else []
    finally:
        consumer.close()


def kafka_at(bootstrap: str, topic: str = "telemetry.raw") -> KafkaSettings:
    return KafkaSettings(
        kafka_bootstrap_servers=bootstrap, telemetry_topic=topic, kafka_timeout_ms=3_000
    )


def mongo_at(url: str, name: str) -> MongoSettings:
    return MongoSettings(mongo_url=url, mongo_db=name, mongo_timeout_ms=3_000)


@contextmanager
def new_database(url: str) -> Iterator[Documents]:
    """Give a database with a name of its own, and drop it afterwards."""
    with MongoClient[dict[str, Any]](url, tz_aware=True, timeoutMS=20_000) as client:
        database = client.get_database(f"test_{uuid.uuid4().hex}")
        try:
            yield database
        finally:
            client.drop_database(database.name)


def with_mongo(settings: MongoSettings, use: Callable[[Mongo], Awaitable[_Result]]) -> _Result:
    """Open the connection of a process, use it, close it."""

    async def opened() -> _Result:
        mongo = Mongo(settings)
        await mongo.open()
        try:
            return await use(mongo)
        finally:
            await mongo.close()

    return asyncio.run(opened())


@contextmanager
def standalone_mongod(folder: Path, *further: str) -> Iterator[str]:
    """Give the URL of a MongoDB that is no member of a replica set."""
    port = free_port()
    (folder / "standalone").mkdir()
    options = ["--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"]
    place = ["--dbpath", str(folder / "standalone")]
    process = ChildProcess.start(
        "MongoDB", [mongod(), *options, *place, *further], folder / "mongod.log", {}
    )
    try:
        process.wait_until(lambda: is_listening(port), 60)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        process.stop(10)
