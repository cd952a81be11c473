import asyncio

import pytest
from pymongo.errors import NetworkTimeout, OperationFailure, PyMongoError

from functions.dashboard.queries.bounded_queries import (
    MissingIndexError,
    MissingRightError,
    bounded,
)
from shared.outcomes import TemporaryError

HINT = (
    "error processing query: planner returned error: hint provided does not correspond to an index"
)


async def fail_with(error: Exception) -> None:
    async with bounded("alerts"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        OperationFailure("operation exceeded time limit", 50),
        OperationFailure("a bad value", 2),
        OperationFailure("a hint of something else", 96),
        NetworkTimeout("10.0.0.7:27017: timed out"),
    ],
)
def test_what_fails_is_temporary_and_names_what_was_queried(error: PyMongoError) -> None:
    with pytest.raises(TemporaryError) as raised:
        asyncio.run(fail_with(error))

    assert raised.value.operation == "alerts"
    assert type(raised.value) is TemporaryError


def test_a_hint_without_its_index_is_told_apart() -> None:
    with pytest.raises(MissingIndexError) as raised:
        asyncio.run(fail_with(OperationFailure(HINT, 2)))

    assert raised.value.operation == "alerts"


def test_a_right_that_is_missing_is_told_apart() -> None:
    with pytest.raises(MissingRightError) as raised:
        asyncio.run(fail_with(OperationFailure("not authorized on iotdb", 13)))

    assert raised.value.operation == "alerts"


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(KeyError):
        asyncio.run(fail_with(KeyError("name")))
