"""The addresses of broker and database: ours, or those that the environment gives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.kafka import serves_metadata

PROBE_MS = 5_000
NOT_LET_IN = frozenset({18, 8000})  # AuthenticationFailed of MongoDB, and of Atlas
ENCODE = "in a user name or a password, write % as %25, @ as %40, : as %3A, / as %2F"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where broker and database are; `given` names the variables that gave one."""

    kafka_bootstrap: str
    mongo_url: str
    given: frozenset[str]

    async def refuse_unusable(self) -> None:
        """Return if what was given responds. Raise ServerFailedError, with each reason, if not."""
        faults = await asyncio.gather(
            asyncio.to_thread(self._fault_of_kafka), asyncio.to_thread(self._fault_of_mongo)
        )
        if any(faults):
            raise ServerFailedError("\n".join(filter(None, faults)))

    def _fault_of_kafka(self) -> str | None:
        name = "KAFKA_BOOTSTRAP_SERVERS"
        if name not in self.given or serves_metadata(self.kafka_bootstrap):
            return None
        return f"{name}: no Kafka responds at {self.kafka_bootstrap}"

    def _fault_of_mongo(self) -> str | None:
        fault = fault_of_mongo(self.mongo_url) if "MONGO_URL" in self.given else None
        return f"MONGO_URL: {fault}" if fault else None


def fault_of_mongo(url: str) -> str | None:
    """Return why functions could not use this database, if so; never a part of a password."""
    try:
        with MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=PROBE_MS, connectTimeoutMS=PROBE_MS
        ) as client:
            hello = client.admin.command("hello")
    except (PyMongoError, ValueError) as error:
        return _sentence(error, has_password="@" in url)
    if "setName" in hello or hello.get("msg") == "isdbgrid":
        return None
    return "this MongoDB is no replica set: start mongod with --replSet, run rs.initiate() once"


def _sentence(error: Exception, *, has_password: bool) -> str:
    match error:
        case ConfigurationError() | ValueError() if has_password:  # the text may hold a part of it
            return f"its form is wrong, or its name not found; {ENCODE}"
        case ConfigurationError() | ValueError():
            return f"its form is wrong: {error}"
        case OperationFailure(code=code) if code in NOT_LET_IN:
            return "the database refuses this user or this password"
        case OperationFailure():
            return f"the database refuses: {error.details}"
        case _:
            return f"no database responds: {str(error).partition(' (configured')[0]}"
