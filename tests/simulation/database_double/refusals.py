"""The driver's errors, with the details that the real server sends."""

from typing import Any, Final

from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout

Document = dict[str, Any]
DUPLICATE_KEY: Final = 11000
_TIME_LIMIT: Final = 50


def write_error(place: int, namespace: str, index: tuple[str, str], document: Document) -> Document:
    """Give the entry for the write at `place`, refused by the unique `index` (name, field)."""
    name, field = index
    return {
        "index": place,
        "code": DUPLICATE_KEY,
        "errmsg": f"E11000 duplicate key error collection: {namespace} index: {name} dup key",
        "keyPattern": {field: 1},
        "keyValue": {field: document[field]},
    }


def bulk_write_error(errors: list[Document], counts: Document) -> BulkWriteError:
    """Give the error of a bulk of which `errors` were refused; `counts` tell of the others."""
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": [], **counts})


def time_limit_error() -> ExecutionTimeout:
    return ExecutionTimeout("operation exceeded time limit", _TIME_LIMIT)


def duplicate_key_error(error: Document) -> DuplicateKeyError:
    return DuplicateKeyError(error["errmsg"], error["code"], error)
