"""The rights that the dashboard needs: to read, and where operators act a little more."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from local_dev.servers.child_process import ChildProcess
from local_dev.servers.free_port import free_port, is_listening
from local_dev.servers.mongo import mongod
from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, SILENCES, VIEWS
from shared.mongo.database import majority
from shared.mongo.indexes import make_indexes
from tests.contract.dashboard.dashboard_client import DashboardClient, dashboard_on
from tests.contract.dashboard.documents import alert, dead_letter, device, reading, silence, view
from tests.support.function_process import deployed, running

pytestmark = [pytest.mark.database, pytest.mark.timeout(120)]
JSON = [("content-type", "application/json")]
PASSWORD = secrets.token_hex(8)
LISTS = {
    "/alerts": (ALERTS, alert(1, 0)),
    "/alerts?device_id=boiler": (ALERTS, alert(1, 0)),
    "/silences": (SILENCES, silence(1, 0, 60)),
    "/aggregated": (VIEWS, view("a", "lux", 0)),
    "/devices": (DEVICES, device("a", 0)),
    "/devices?order=last_seen": (DEVICES, device("a", 0)),
    "/fleet": (DEVICES, device("a", 0)),
    "/dead-letters/causes": (DEAD_LETTERS, dead_letter(1, 0)),
    "/dead-letters": (DEAD_LETTERS, dead_letter(1, 0)),
    "/telemetry?device_id=a": (RAW, reading("a", 0)),
}
ONE_ALERT = f"/alerts/{alert(1, 0)['_id']}"
ROUTES = [*LISTS, "/telemetry", "/alerts/recent", ONE_ALERT, "/stats", "/devices/a/telemetry",
          "/devices/a/aggregates", f"/receipts/{reading('a', 0)['_id']}"]  # fmt: skip


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a MongoDB with some data, where `reader` may read and no more."""
    port = free_port()
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    (tmp_path / "data").mkdir()
    options = ["--replSet", "guarded", "--keyFile", str(key), "--nounixsocket"]
    place = ["--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(tmp_path / "data")]
    process = ChildProcess.start("MongoDB", [mongod(), *options, *place], tmp_path / "log", {})
    try:
        process.wait_until(lambda: is_listening(port), 60)
        make_users(port)
        asyncio.run(fill(f"mongodb://admin:{PASSWORD}@127.0.0.1:{port}/?replicaSet=guarded"))
        yield f"127.0.0.1:{port}"
    finally:
        process.stop(10)


def make_users(port: int) -> None:
    """Make both users; the first one by the exception for clients on the same machine."""
    with MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
        members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
        client.admin.command("replSetInitiate", {"_id": "guarded", "members": members})
        while not client.admin.command("hello")["isWritablePrimary"]:
            pass
        client.admin.command("createUser", "admin", pwd=PASSWORD, roles=["root"])
    with MongoClient[dict[str, Any]](
        "127.0.0.1", port, directConnection=True, username="admin", password=PASSWORD
    ) as client:
        rights = [{"role": "read", "db": "iotdb"}]
        client.admin.command("createUser", "reader", pwd=PASSWORD, roles=rights)
        may = {
            "alerts": ["update"],
            "silences": ["insert", "update"],
            "dead_letters": ["update"],
        }
        privileges = [
            {"resource": {"db": "iotdb", "collection": name}, "actions": may[name]} for name in may
        ]
        client["iotdb"].command("createRole", "operatorActions", roles=[], privileges=privileges)
        rights.append({"role": "operatorActions", "db": "iotdb"})
        client.admin.command("createUser", "operator", pwd=PASSWORD, roles=rights)


async def fill(url: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](url, tz_aware=True) as client:
        database = majority(client, "iotdb")
        await make_indexes(database)
        for collection, document in dict(LISTS.values()).items():
            await database[collection].insert_one(document)


def test_the_right_to_read_is_enough(guarded: str, root: Path, tmp_path: Path) -> None:
    url = f"mongodb://reader:{PASSWORD}@{guarded}/?replicaSet=guarded"
    environment = {"MONGO_URL": url, "MONGO_DB": "iotdb"}

    with running(deployed("dashboard"), root, environment, tmp_path / "log.txt") as process:
        responses = [process.asks("GET", path) for path in ["/health/ready", *ROUTES]]

    assert [(r.url.path, r.status_code, r.text) for r in responses if r.status_code != 200] == []


def test_the_rights_that_the_documentation_names_are_enough_to_act(
    guarded: str, root: Path, tmp_path: Path
) -> None:
    url = f"mongodb://operator:{PASSWORD}@{guarded}/?replicaSet=guarded"
    environment = {"MONGO_URL": url, "MONGO_DB": "iotdb"}
    made = {"matchers": {"device_id": "a"}, "to": "1h", "comment": "x"}

    with running(deployed("dashboard"), root, environment, tmp_path / "log.txt") as process:
        silence_id = f"{1:032x}"
        responses = [
            process.asks("POST", f"{ONE_ALERT}/acknowledge", JSON, b"{}"),
            process.asks("POST", f"{ONE_ALERT}/unacknowledge"),
            process.asks("POST", "/silences", JSON, json.dumps(made).encode()),
            process.asks("DELETE", f"/silences/{silence_id}"),
            process.asks("POST", "/dead-letters/redrive", JSON, b'{"stage": "aggregate"}'),
        ]

    assert [r.status_code for r in responses] == [200, 200, 201, 200, 202], responses[0].text


def test_the_right_to_read_is_not_enough_to_act_and_a_503_says_so(
    guarded: str, root: Path, tmp_path: Path
) -> None:
    url = f"mongodb://reader:{PASSWORD}@{guarded}/?replicaSet=guarded"
    environment = {"MONGO_URL": url, "MONGO_DB": "iotdb"}

    with running(deployed("dashboard"), root, environment, tmp_path / "log.txt") as process:
        response = process.asks("POST", f"{ONE_ALERT}/acknowledge")

    assert (response.status_code, response.json()["reason"]) == (503, "missing_right")


@pytest.fixture(scope="module")
def unprepared(mongo_url: str) -> Iterator[DashboardClient]:
    """Yield a dashboard on a database that has the documents and no index."""
    with dashboard_on(mongo_url) as client:
        for collection, document in dict(LISTS.values()).items():
            client.store(collection, [document])
            client.stored[collection].drop_indexes()
        yield client


@pytest.mark.parametrize("path", LISTS)
def test_a_list_whose_index_is_not_there_yet_is_a_503_that_says_so(
    unprepared: DashboardClient, path: str
) -> None:
    response = unprepared.get(path)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert response.json()["reason"] == "missing_index"
    assert "index" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/telemetry", "/alerts/recent", "/stats"])
def test_what_needs_no_index_is_served(unprepared: DashboardClient, path: str) -> None:
    assert unprepared.get(path).status_code == 200
