"""The entry to the double. As pymongo's client and database are."""

from typing import Self

from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from tests.simulation.database_double.collection import Collection
from tests.simulation.database_double.connection import Connection
from tests.simulation.database_double.session import Session


class Client:
    """A client of the one replica set that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_database(
        self,
        name: str,
        *,
        read_concern: ReadConcern,
        write_concern: WriteConcern,
        read_preference: object,
    ) -> "Database":
        assert name
        assert read_preference == ReadPreference.PRIMARY, "the double reads from the primary"
        return Database(
            self,
            self._connection,
            reads_majority=read_concern.level == "majority",
            writes_majority=write_concern.document.get("w") == "majority",
        )

    def start_session(self, *, causal_consistency: bool) -> Session:
        return Session(causal_consistency=causal_consistency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return


class Database:
    """A database whose collections are read and written with these concerns."""

    def __init__(
        self,
        client: Client,
        connection: Connection,
        *,
        reads_majority: bool,
        writes_majority: bool,
    ) -> None:
        self.client = client
        self._connection = connection
        self._reads_majority = reads_majority
        self._writes_majority = writes_majority

    def __getitem__(self, name: str) -> Collection:
        return Collection(
            self._connection,
            name,
            reads_majority=self._reads_majority,
            writes_majority=self._writes_majority,
        )
