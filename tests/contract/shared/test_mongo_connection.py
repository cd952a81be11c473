"""How the database is reached: what is refused, and what a process may rely on."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.mongo.connection import Mongo, StartRefused
from shared.mongo.database import client_of
from shared.settings import MongoSettings, SettingsError
from tests.support.servers import Documents, mongo_at, new_database, standalone_mongod, with_mongo


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[str]:
    with standalone_mongod(tmp_path) as url:
        yield url


@pytest.mark.database
def test_readiness_asks_no_server(mongo_url: str, database: Documents) -> None:
    """A thousand probes take less than a hundred round trips would."""

    async def duration(mongo: Mongo) -> float:
        started = time.perf_counter()
        assert [mongo.not_ready() for _ in range(1_000)] == [None] * 1_000
        return time.perf_counter() - started

    assert with_mongo(mongo_at(mongo_url, database.name), duration) < 0.1


@pytest.mark.database
def test_reads_and_writes_are_those_that_a_majority_has(
    mongo_url: str, database: Documents
) -> None:
    async def concerns(mongo: Mongo) -> tuple[Any, Any]:
        return mongo.database.read_concern.level, mongo.database.write_concern.document

    found = with_mongo(mongo_at(mongo_url, database.name), concerns)

    assert found == ("majority", {"w": "majority"})


@pytest.mark.database
def test_a_database_that_is_no_replica_set_is_refused_with_the_remedy(standalone: str) -> None:
    async def start() -> None:
        mongo = Mongo(mongo_at(standalone, "iotdb"))
        try:
            await mongo.open()
        finally:
            await mongo.close()

    with pytest.raises(StartRefused, match=r"MONGO_URL: .*--replSet rs0 and run rs\.initiate"):
        asyncio.run(start())


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://",
        "mongodb://host:99999",
        "mongodb://host/?replicaSet",
        "mongodb://user:hunter2/x@host:1/",
        "mongodb://user:hunter2@x@host",
    ],
)
def test_a_url_that_cannot_be_used_stops_the_start_by_its_name_and_shows_no_password(
    url: str,
) -> None:
    with pytest.raises(SettingsError) as caught:
        asyncio.run(Mongo(MongoSettings(mongo_url=url)).open())

    assert str(caught.value).startswith("MONGO_URL: ")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_of_its_tls_options_that_cannot_be_used_stops_the_start(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    url = f"mongodb://user:hunter2@host/?tls=true&tlsCAFile={file}"

    with pytest.raises(SettingsError, match=r"^MONGO_URL: a file of its TLS options: ") as caught:
        asyncio.run(Mongo(MongoSettings(mongo_url=url)).open())

    assert "hunter2" not in str(caught.value)


@pytest.mark.database
def test_a_client_names_its_program(mongo_url: str) -> None:
    async def name() -> str:
        async with client_of(mongo_at(mongo_url, "iotdb")) as client:
            return str(client.options.pool_options.appname)

    assert asyncio.run(name()) == "iot-telemetry"
