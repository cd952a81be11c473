"""How long may the database take for an answer? Every route asks it within `answered`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pymongo

from shared.mongo.errors import database_errors

_ANSWER_S: Final = 5.0  # for all queries of one request together


@asynccontextmanager
async def answered(operation: str) -> AsyncIterator[None]:
    """Bound what is asked inside; raises TemporaryError with the `operation` if it fails or is
    late.
    """
    with pymongo.timeout(_ANSWER_S):
        async with database_errors(operation):
            yield
