"""Saving to a file and restoring from it, page by page."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from functions.aggregate.backup.collections import ALL, AT_ONE_MOMENT, BY_THEMSELVES
from functions.aggregate.store.archive import ArchiveWriter, documents_in
from shared.mongo.collections import Document
from shared.mongo.database import Database, Session
from shared.mongo.errors import database_errors
from shared.mongo.reading_store import clock_of

PAGE: Final = 1_000
_OPERATION: Final = "backup"


class NotEmpty(Exception):  # noqa: N818 - an outcome
    """The database to restore into has documents; the message names a collection."""


async def save(database: Database, path: Path) -> Mapping[str, int]:
    """Write a database to a file; return how many documents of each collection there are in it.

    The file is there once it is whole. Raise TemporaryError where the database fails, OSError where
    the file cannot be written.
    """
    client = database.client
    async with client.start_session(causal_consistency=True) as session:
        async with database_errors(_OPERATION):
            await database.command("ping", session=session)  # tells the clock
        with ArchiveWriter(path, clock_of(session)) as archive:
            async with client.start_session(snapshot=True) as snapshot:
                # A session of a snapshot brings a read concern of its own.
                as_it_was = client.get_database(database.name)
                for collection in AT_ONE_MOMENT:
                    await _save(archive, as_it_was, collection, snapshot)
            for collection in BY_THEMSELVES:
                await _save(archive, database, collection, session)
    return archive.counts


async def restore(database: Database, path: Path) -> Mapping[str, int]:
    """Write a file into an empty database; return how many documents of each collection.

    The file is read to its end before anything is written. Raise BrokenArchive where it is not
    whole, NotEmpty where the database has documents, TemporaryError where it fails: the database is
    then to be dropped, and restored into again.
    """
    for _ in documents_in(path):
        pass
    await _refuse_unless_empty(database)
    counts = dict.fromkeys(ALL, 0)
    for collection, documents in groupby(documents_in(path), key=lambda pair: pair[0]):
        for page in _pages(document for _name, document in documents):
            async with database_errors(_OPERATION):
                await database[collection].insert_many(page, ordered=False)
            counts[collection] += len(page)
    return counts


async def _save(
    archive: ArchiveWriter, database: Database, collection: str, session: Session
) -> None:
    archive.begin(collection)
    async for document in _documents(database, collection, session):
        archive.add(document)


async def _documents(
    database: Database, collection: str, session: Session
) -> AsyncIterator[Document]:
    """Yield the documents of a collection by `_id`, each page a find of its own."""
    wanted: Document = {}
    while True:
        async with database_errors(_OPERATION):
            page = (
                await database[collection]
                .find(wanted, sort=[("_id", 1)], limit=PAGE, session=session)
                .to_list()
            )
        for document in page:
            yield document
        if len(page) < PAGE:
            return
        wanted = {"_id": {"$gt": page[-1]["_id"]}}


async def _refuse_unless_empty(database: Database) -> None:
    async with database_errors(_OPERATION):
        for collection in await database.list_collection_names():
            if await database[collection].find_one({}, {"_id": 1}) is not None:
                raise NotEmpty(f"{collection} has documents: restore into an empty database")


def _pages(documents: Iterable[Document]) -> Iterator[list[Document]]:
    left = iter(documents)
    while page := list(islice(left, PAGE)):
        yield page
