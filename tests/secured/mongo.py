"""A real MongoDB that asks for TLS, and for a user with a password."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from local_dev.servers.child_process import ChildProcess
from local_dev.servers.free_port import free_port, is_listening
from local_dev.servers.mongo import mongod

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ADMIN = "admin"
ADMIN_PASSWORD = "admin of the test"
DATABASE = "iotdb"
_START_S = 60.0
_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class SecuredMongo:
    """A replica set of one at `port`; `ca` is to be trusted."""

    port: int
    ca: Path

    def url(self, user: str, password: str, ca: Path | None = None, host: str = "127.0.0.1") -> str:
        """Return the MONGO_URL of a user of the database `iotdb`, or of the administrator."""
        source = ADMIN if user == ADMIN else DATABASE
        return (
            f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{self.port}/"
            f"?replicaSet=rs0&tls=true&tlsCAFile={quote(str(ca or self.ca))}"
            f"&authSource={source}"
        )

    @contextmanager
    def administrator(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """Give a client that may do everything."""
        url = self.url(ADMIN, ADMIN_PASSWORD)
        with MongoClient[dict[str, Any]](url, tz_aware=True, timeoutMS=10_000) as client:
            yield client

    def set_user(self, user: str, password: str, roles: Sequence[Any] = ("readWrite",)) -> None:
        """Make a user of the database, or change one."""
        with self.administrator() as client:
            database = client[DATABASE]
            found = database.command("usersInfo", user)["users"]
            command = "updateUser" if found else "createUser"
            database.command(command, user, pwd=password, roles=list(roles))


@contextmanager
def secured_mongo(folder: Path, certificate: Path, ca: Path) -> Iterator[SecuredMongo]:
    """Start it in a folder, with an administrator and no other user."""
    data, key = folder / "data", folder / "members.key"
    data.mkdir(parents=True)
    key.write_text("a secret that the members share")
    key.chmod(0o600)
    port = free_port()
    command = [
        *(mongod(), "--replSet", "rs0", "--dbpath", str(data), "--port", str(port)),
        *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
        *("--oplogSize", "64", "--auth", "--keyFile", str(key)),
        *("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(certificate)),
        *("--tlsCAFile", str(ca), "--tlsAllowConnectionsWithoutCertificates"),
    ]
    process = ChildProcess.start("MongoDB", command, folder / "mongod.log", os.environ)
    made = SecuredMongo(port, ca)
    try:
        process.wait_until(lambda: is_listening(port), _START_S)
        # From the machine itself, the first user can be made without one.
        with MongoClient[dict[str, Any]](
            "127.0.0.1", port, directConnection=True, tls=True, tlsCAFile=str(ca), timeoutMS=5_000
        ) as client:
            members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            process.wait_until(lambda: _has_administrator(client), _START_S)
        yield made
    finally:
        process.stop(_STOP_S)


def _has_administrator(client: MongoClient[dict[str, Any]]) -> bool:
    try:
        if not client.admin.command("hello")["isWritablePrimary"]:
            return False
        client.admin.command("createUser", ADMIN, pwd=ADMIN_PASSWORD, roles=["root"])
    except PyMongoError:  # not up yet: tried again until the timeout
        return False
    return True
