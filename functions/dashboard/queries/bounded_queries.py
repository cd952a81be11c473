"""The time and the outcomes of the queries for one response; every route uses `bounded`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pymongo
from pymongo.errors import OperationFailure

from shared.mongo.errors import database_errors
from shared.outcomes import TemporaryError

_RESPONSE_S: Final = 5.0  # for all queries of one request together
_UNAUTHORIZED: Final = 13  # MongoDB's code for a right that a user does not have
_BAD_VALUE: Final = 2  # MongoDB's code for a hint that names no index, among others


class MissingIndexError(TemporaryError):
    """An index that a list needs is not there (yet): without it the query would scan history."""


class MissingRightError(TemporaryError):
    """The database lets this user in, and does not let it do that."""


@asynccontextmanager
async def bounded(operation: str) -> AsyncIterator[None]:
    """Bound the time of the queries inside.

    Raise MissingIndexError where the hint of one names no index, MissingRightError where the user
    may not do it, TemporaryError with the `operation` where one fails otherwise or is late.
    """
    with pymongo.timeout(_RESPONSE_S):
        async with database_errors(operation):
            try:
                yield
            except OperationFailure as error:
                if error.code == _BAD_VALUE and "hint" in str(error):
                    raise MissingIndexError(operation, str(error)) from error
                if error.code == _UNAUTHORIZED:
                    raise MissingRightError(operation, str(error)) from error
                raise
