"""The time that the database has for one response; every route queries it within `bounded`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pymongo

from shared.mongo.errors import database_errors

_RESPONSE_S: Final = 5.0  # for all queries of one request together


@asynccontextmanager
async def bounded(operation: str) -> AsyncIterator[None]:
    """Bound the time of the queries inside.

    Raise TemporaryError with the `operation` where one fails or is late.
    """
    with pymongo.timeout(_RESPONSE_S):
        async with database_errors(operation):
            yield
