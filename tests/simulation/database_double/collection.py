"""A collection: those of pymongo's operations that the stores use, with its arguments."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import Any, Self

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.results import (
    BulkWriteResult,
    DeleteResult,
    InsertManyResult,
    InsertOneResult,
    UpdateResult,
)

from tests.simulation.database_double.connection import Connection
from tests.simulation.database_double.cursor import Cursor
from tests.simulation.database_double.primary import Primary
from tests.simulation.database_double.replica import Document, as_stored
from tests.simulation.database_double.session import Session
from tests.simulation.database_double.updating import Update


class Collection:
    """One collection, read and written with its database's concerns."""

    def __init__(
        self, connection: Connection, name: str, *, reads_majority: bool, writes_majority: bool
    ) -> None:
        self._connection = connection
        self._name = name
        self._reads_majority = reads_majority
        self._primary = Primary(connection, name, is_majority=writes_majority)
        self._decode: Callable[[Document], Any] = as_stored

    def with_options(self, *, codec_options: CodecOptions[Any]) -> Self:
        """Return the collection with documents as they come, undecoded."""
        assert codec_options.document_class is RawBSONDocument, "the double knows no other"
        other = copy(self)
        other._decode = _raw
        return other

    def find(
        self,
        wanted: Document | None = None,
        projection: Document | None = None,
        *,
        sort: list[tuple[str, int]] | None = None,
        limit: int = 0,
        batch_size: int = 0,
        session: Session | None = None,
    ) -> Cursor:
        # The size of a batch bounds it from above; a scan of ours rests anywhere.
        assert batch_size >= 0
        return Cursor(
            self._connection,
            self._documents,
            is_majority=self._reads_majority,
            wanted=wanted or {},
            projection=projection,
            sort=sort,
            limit=limit,
            session=session,
            decode=self._decode,
        )

    async def find_one(
        self,
        wanted: Document,
        projection: Document | None = None,
        *,
        session: Session | None = None,
    ) -> Document | None:
        found = await self.find(wanted, projection, limit=1, session=session).to_list()
        return found[0] if found else None

    async def insert_one(
        self, document: Document, *, session: Session | None = None
    ) -> InsertOneResult:
        served = partial(self._primary.insert, [document], is_one=True)
        await self._write("insert", served, session)
        return InsertOneResult(document["_id"], acknowledged=True)

    async def insert_many(
        self, documents: Sequence[Document], *, ordered: bool, session: Session | None = None
    ) -> InsertManyResult:
        assert not ordered, "the double knows unordered inserts only"
        served = partial(self._primary.insert, documents, is_one=False)
        await self._write("insert", served, session)
        return InsertManyResult([one["_id"] for one in documents], acknowledged=True)

    async def bulk_write(
        self,
        requests: Sequence[InsertOne[Document] | ReplaceOne[Document] | UpdateOne],
        *,
        ordered: bool,
        session: Session | None = None,
    ) -> BulkWriteResult:
        assert not ordered, "the double knows unordered bulks only"
        served = partial(self._primary.update, [_parts(one) for one in requests], is_one=False)
        return BulkWriteResult(await self._write("update", served, session), acknowledged=True)

    async def find_one_and_update(
        self,
        wanted: Document,
        update: Update,
        *,
        return_document: bool,
        session: Session | None = None,
    ) -> Document | None:
        assert return_document == ReturnDocument.AFTER, "the double gives the document after it"
        served = partial(self._primary.find_one_and_update, wanted, update)
        found: Document | None = await self._write("find and update", served, session)
        return found

    async def update_one(
        self,
        wanted: Document,
        update: Update,
        *,
        upsert: bool = False,
        session: Session | None = None,
    ) -> UpdateResult:
        served = partial(self._primary.update, [(wanted, update, upsert)], is_one=True)
        return _updated(await self._write("update", served, session))

    async def update_many(
        self, wanted: Document, update: Update, *, session: Session | None = None
    ) -> UpdateResult:
        served = partial(self._primary.update_many, wanted, update)
        return _updated(await self._write("update", served, session))

    async def replace_one(
        self, wanted: Document, replacement: Document, *, session: Session | None = None
    ) -> UpdateResult:
        return await self.update_one(wanted, replacement, session=session)

    async def delete_many(
        self, wanted: Document, *, session: Session | None = None
    ) -> DeleteResult:
        served = partial(self._primary.delete, wanted, is_one=False)
        return DeleteResult({"n": await self._write("delete", served, session)}, acknowledged=True)

    async def delete_one(self, wanted: Document, *, session: Session | None = None) -> DeleteResult:
        served = partial(self._primary.delete, wanted, is_one=True)
        return DeleteResult({"n": await self._write("delete", served, session)}, acknowledged=True)

    async def create_indexes(self, indexes: Sequence[IndexModel]) -> list[str]:
        """Remember the unique ones, each on the documents that have its one field."""
        unique = self._connection.replica.unique.setdefault(self._name, [])
        for document in (index.document for index in indexes):
            if document.get("unique"):
                (field,) = document["key"]
                assert document["partialFilterExpression"] == {field: {"$exists": True}}
                unique.append((document["name"], field))
        return [index.document["name"] for index in indexes]

    async def index_information(self) -> dict[str, Document]:
        """Give none: what is asked for here is whether an index is to be taken away."""
        return {}

    def _documents(self) -> dict[Any, Document]:
        replica = self._connection.replica
        state = replica.held_state if self._reads_majority else replica.applied_state
        return state.get(self._name, {})

    async def _write(self, what: str, served: Any, session: Session | None) -> Any:
        return await self._connection.write(f"{what} {self._name}", served, session)


def _updated(counts: Document) -> UpdateResult:
    raw = {"n": counts["nMatched"], "nModified": counts["nModified"]}
    return UpdateResult(raw, acknowledged=True)


def _raw(document: Document) -> RawBSONDocument:
    return RawBSONDocument(bson.encode(document))


def _parts(
    request: InsertOne[Document] | ReplaceOne[Document] | UpdateOne,
) -> tuple[Document | None, Update, bool]:
    if isinstance(request, InsertOne):
        return None, request._doc, True
    wanted = dict(request._filter)
    update: Any = request._doc
    return wanted, update, bool(request._upsert)
