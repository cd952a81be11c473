"""Turns what the driver raises into outcomes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pymongo.errors import BulkWriteError, PyMongoError

from shared import metrics
from shared.outcomes import TemporaryError

_DUPLICATE_KEY: Final = 11000
_ITS_OWN: Final = " (configured timeouts"  # what follows is for whoever works on the driver
_CERTIFICATE: Final = "CERTIFICATE_VERIFY_FAILED"


@asynccontextmanager
async def database_errors(operation: str) -> AsyncIterator[None]:
    """Turn the driver's errors into TemporaryError naming the `operation`, and count them."""
    try:
        yield
    except PyMongoError as error:
        metrics.database_errors.labels(operation).inc()
        raise TemporaryError(operation, f"the database: {told(error)}"[:300]) from error


def told(error: PyMongoError) -> str:
    """Return what the driver says of an error, without the servers as it knows them."""
    said = str(error).partition(_ITS_OWN)[0]
    return f"MONGO_URL: {said}" if _CERTIFICATE in said else said


def duplicates_in(error: BulkWriteError) -> list[int]:
    """Return the places of the writes refused with a duplicate key.

    Raise `error` if a write failed in any other way. A duplicate key says that somebody wrote it:
    not that a majority holds it, nor what it says.
    """
    errors = error.details["writeErrors"]
    if error.details["writeConcernErrors"] or any(e["code"] != _DUPLICATE_KEY for e in errors):
        raise error
    return [e["index"] for e in errors]
