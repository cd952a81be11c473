"""A cursor: documents in order, from the state of each moment.

It is no snapshot: a write behind the scan's place is not seen, and one before it is.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Self

from pymongo.errors import AutoReconnect, CursorNotFound

from tests.simulation.database_double.connection import Connection
from tests.simulation.database_double.matching import matcher
from tests.simulation.database_double.replica import Document, as_stored
from tests.simulation.database_double.session import Session
from tests.simulation.trampoline import Point

_CURSOR_NOT_FOUND: Final = 43


class Cursor:
    """As pymongo's, for what the stores use of it. Opened by its first read."""

    def __init__(
        self,
        connection: Connection,
        documents: Callable[[], dict[Any, Document]],
        *,
        is_majority: bool,
        wanted: Document,
        projection: Document | None,
        sort: list[tuple[str, int]] | None,
        limit: int,
        session: Session | None,
        decode: Callable[[Document], Any] = as_stored,
    ) -> None:
        self._connection = connection
        self._documents = documents
        self._is_majority = is_majority
        self._wanted = wanted
        self._projection = projection
        self._sort = sort or []
        self._left = limit or None
        self._session = session
        self._decode = decode
        self._term: int | None = None
        self._given: set[Any] = set()
        self._last: Document | None = None

    async def to_list(self, length: int | None = None) -> list[Any]:
        """Give up to `length` more documents, all where it is None; none when all are given."""
        await self._open()
        rests = self._connection.faults.scan_rests
        given: list[Any] = []
        ahead = self._ahead()
        while ahead and (length is None or len(given) < length) and self._left != 0:
            found = ahead.pop()
            self._given.add(found["_id"])
            self._connection.may_examine(len(self._given))  # of a find and all that follows on it
            self._last = found
            self._left = None if self._left is None else self._left - 1
            given.append(self._decode(_projected(found, self._projection)))
            if self._connection.chance.happens(rests):
                await Point("scan")
                self._refuse_other_term()
                ahead = self._ahead()
        self._tell_time()
        return given

    async def _open(self) -> None:
        replica, chance = self._connection.replica, self._connection.chance
        if self._term is None:
            await self._connection.may_pause("find")
        if chance.happens(self._connection.faults.not_sent):
            raise AutoReconnect("find: not sent")
        after = self._session.not_before() if self._session is not None else (0, 0)
        term = replica.term
        if self._is_majority:
            ready = lambda: replica.held >= after or replica.term != term  # noqa: E731 - read at once
            await Point("find", ready)
        else:
            await Point("find")
        if replica.term != term:
            raise AutoReconnect("find: the primary stepped down")
        if self._term is None:
            self._term = term
        self._refuse_other_term()

    def _ahead(self) -> list[Document]:
        """Give what the scan has not passed, of the state of this moment, the next one last."""
        is_wanted = matcher(self._wanted, self._connection.replica.now())
        ahead = [
            document
            for key, document in self._candidates()
            if key not in self._given and is_wanted(document) and not self._is_passed(document)
        ]
        for field, direction in reversed(self._sort):
            ahead.sort(key=lambda document: document[field], reverse=direction < 0)
        ahead.reverse()
        return ahead

    def _candidates(self) -> Iterable[tuple[Any, Document]]:
        documents, wanted = self._documents(), self._wanted.get("_id")
        if isinstance(wanted, str):
            return [(wanted, documents[wanted])] if wanted in documents else []
        if isinstance(wanted, dict) and "$in" in wanted:
            chosen = frozenset(wanted["$in"])
            return [item for item in documents.items() if item[0] in chosen]
        return documents.items()

    def _is_passed(self, document: Document) -> bool:
        if not self._sort or self._last is None:
            return False
        field, direction = self._sort[0]  # by `_id` wherever a scan goes on: no two are equal
        if direction < 0:
            return bool(document[field] > self._last[field])
        return bool(document[field] < self._last[field])

    def _refuse_other_term(self) -> None:
        if self._connection.replica.term != self._term:
            raise CursorNotFound("cursor not found", _CURSOR_NOT_FOUND)

    def _tell_time(self) -> None:
        if self._session is not None:
            replica = self._connection.replica
            self._session.saw(replica.held if self._is_majority else replica.applied)

    async def close(self) -> None:
        return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return


def _projected(document: Document, projection: Document | None) -> Document:
    if not projection:
        return document
    if any(projection.values()):
        return {n: v for n, v in document.items() if n == "_id" or projection.get(n)}
    return {name: value for name, value in document.items() if name not in projection}
