"""What the primary does with a write: one change after the other, each whole.

Others may come between two of them, and between an upsert's look and its insert.
"""

from collections.abc import Sequence
from typing import Any, Final

from pymongo.errors import PyMongoError

from tests.simulation.database_double.connection import Connection, Reply
from tests.simulation.database_double.matching import matcher, matches
from tests.simulation.database_double.refusals import (
    bulk_write_error,
    duplicate_key_error,
    write_error,
)
from tests.simulation.database_double.replica import Document, Optime
from tests.simulation.database_double.updating import Update, inserted, updated

# Filter (None: an insert), update or replacement, whether it upserts.
Request = tuple[Document | None, Update, bool]
_NO_COUNTS: Final = {
    "nInserted": 0,
    "nUpserted": 0,
    "nMatched": 0,
    "nModified": 0,
    "nRemoved": 0,
    "upserted": [],
}


class Primary:
    """The writes to one collection, on the server's side.

    `is_majority`: answers when a majority holds what it wrote. A write that changes nothing waits
    for all that was written before it, as LastOpFixer of the real server has it (mongodb/mongo,
    jstests/replsets/writes_wait_for_write_concern.js). A duplicate key does not wait here, though
    the real server does: no manual promises it, so nothing of ours may rely on it.
    """

    def __init__(self, connection: Connection, name: str, *, is_majority: bool) -> None:
        self._connection = connection
        self._replica = connection.replica
        self._name = name
        self._is_majority = is_majority

    async def insert(self, documents: Sequence[Document], *, is_one: bool) -> Reply:
        wrote: Optime | None = None
        errors: list[Document] = []
        for place, document in enumerate(documents):
            self._connection.may_examine(place + 1)
            if place:
                await self._may_rest("insert")
            refused_by = self._replica.conflict(self._name, document)
            if refused_by is None:
                wrote = self._replica.write(self._name, document["_id"], document)
            else:
                errors.append(write_error(place, self._name, refused_by, document))
        counts = {**_NO_COUNTS, "nInserted": len(documents) - len(errors)}
        error: PyMongoError | None = None
        if errors:
            error = duplicate_key_error(errors[0]) if is_one else bulk_write_error(errors, counts)
        return await self._reply(wrote, None, error, is_quiet=not errors)

    async def update(self, requests: Sequence[Request], *, is_one: bool) -> Reply:
        optimes: list[Optime] = []
        errors: list[Document] = []
        counts: Document = {**_NO_COUNTS, "upserted": []}
        for place, request in enumerate(requests):
            self._connection.may_examine(place + 1)
            if place:
                await self._may_rest("update")
            await self._update_one(place, request, optimes, errors, counts)
        error: PyMongoError | None = None
        if errors:
            error = duplicate_key_error(errors[0]) if is_one else bulk_write_error(errors, counts)
        wrote = max(optimes, default=None)
        return await self._reply(wrote, counts, error, is_quiet=not errors)

    async def update_many(self, wanted: Document, update: Update) -> Reply:
        optimes: list[Optime] = []
        counts: Document = {**_NO_COUNTS}
        is_wanted = matcher(wanted, self._replica.now())
        for found in [one for one in self._documents().values() if is_wanted(one)]:
            self._connection.may_examine(counts["nMatched"] + 1)
            if counts["nMatched"]:
                await self._may_rest("update")
            present = self._documents().get(found["_id"])
            if present is not None and is_wanted(present):
                self._change(present, update, optimes, counts)
        return await self._reply(max(optimes, default=None), counts, None, is_quiet=True)

    async def find_one_and_update(self, wanted: Document, update: Update) -> Reply:
        found = self._match(wanted)
        if found is None:
            return await self._reply(None, None, None, is_quiet=True)
        after = updated(found, update, self._replica.now())
        optime = self._replica.write(self._name, found["_id"], after)
        stored = self._replica.applied_state[self._name][found["_id"]]
        return await self._reply(optime, stored, None, is_quiet=True)

    async def delete(self, wanted: Document, *, is_one: bool) -> Reply:
        optime: Optime | None = None
        count = 0
        is_wanted = matcher(wanted, self._replica.now())
        for document in [one for one in self._documents().values() if is_wanted(one)]:
            self._connection.may_examine(count + 1)
            if count:
                await self._may_rest("delete")
            if document["_id"] in self._documents():
                optime = self._replica.write(self._name, document["_id"], None)
                count += 1
            if is_one:
                break
        return await self._reply(optime, count, None, is_quiet=True)

    async def _update_one(
        self,
        place: int,
        request: Request,
        optimes: list[Optime],
        errors: list[Document],
        counts: Document,
    ) -> None:
        wanted, update, is_upsert = request
        found = None if wanted is None else self._match(wanted)
        if found is not None:
            self._change(found, update, optimes, counts)
            return
        if not is_upsert:
            return
        if wanted is None:
            assert isinstance(update, dict)
            document = update
            await self._connection.may_meet_another(lambda: update["_id"] in self._documents())
        else:
            key = wanted["_id"]
            await self._may_rest("between match and insert")
            await self._connection.may_meet_another(lambda: key in self._documents())
            document = inserted(wanted, update, self._replica.now())
        refused_by = self._replica.conflict(self._name, document)
        if refused_by is not None:
            errors.append(write_error(place, self._name, refused_by, document))
            return
        optimes.append(self._replica.write(self._name, document["_id"], document))
        if wanted is None:
            counts["nInserted"] += 1
        else:
            counts["nUpserted"] += 1
            counts["upserted"].append({"index": place, "_id": document["_id"]})

    def _change(
        self, found: Document, update: Update, optimes: list[Optime], counts: Document
    ) -> None:
        after = updated(found, update, self._replica.now())
        counts["nMatched"] += 1
        if after != found:
            optimes.append(self._replica.write(self._name, found["_id"], after))
            counts["nModified"] += 1

    async def _reply(
        self, wrote: Optime | None, value: Any, error: PyMongoError | None, *, is_quiet: bool
    ) -> Reply:
        """Answer when a majority holds what was written; `is_quiet`: nothing was refused."""
        optime = self._replica.applied if wrote is None else wrote
        if self._is_majority and (wrote is not None or is_quiet):
            await self._connection.held(optime)
        return Reply(self._replica.applied if error else optime, value, error)

    def _match(self, wanted: Document) -> Document | None:
        now = self._replica.now()
        documents = self._documents()
        key = wanted.get("_id")
        if isinstance(key, str):
            found = documents.get(key)
            return found if found is not None and matches(found, wanted, now) else None
        return next(filter(matcher(wanted, now), documents.values()), None)

    def _documents(self) -> dict[Any, Document]:
        return self._replica.applied_state.get(self._name, {})

    async def _may_rest(self, label: str) -> None:
        await self._connection.may_rest(self._connection.faults.write_rests, label)
