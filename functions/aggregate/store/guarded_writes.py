"""Replacing documents whose `count` only grows: "still this count" means "still this document"."""

from collections.abc import Sequence

from pymongo import InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from functions.aggregate.store.chunks import chunks
from shared.mongo.collections import Document
from shared.mongo.errors import database_errors, duplicates_in

OPERATION = "refresh"


async def replace_guarded(
    collection: AsyncCollection[Document],
    session: AsyncClientSession,
    documents: Sequence[tuple[Document, int]],
    bulk: int,
) -> list[str]:
    """Store each document where the stored one still has the count that stands beside it.

    0: there is none. `bulk` of them are written at a time. Return the `_id`s of those refused,
    since somebody else wrote them; it is not said what is stored now, nor that a majority holds it.
    Raise TemporaryError where the database fails.
    """
    refused: list[str] = []
    for some in chunks(documents, bulk):
        async with database_errors(OPERATION):
            try:
                await collection.bulk_write(
                    [_guarded(*one) for one in some], ordered=False, session=session
                )
            except BulkWriteError as error:
                refused += [some[index][0]["_id"] for index in duplicates_in(error)]
    return refused


def _guarded(document: Document, count: int) -> InsertOne[Document] | ReplaceOne[Document]:
    if count == 0:
        return InsertOne(document)
    # Where the count is another, the upsert meets the `_id`: a duplicate key names the place.
    return ReplaceOne({"_id": document["_id"], "count": count}, document, upsert=True)
