"""Which errors of the driver are duplicates, and which are told on."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError

from shared import metrics
from shared.mongo.errors import database_errors, duplicates_in
from shared.outcomes import TemporaryError

DUPLICATE, TOO_LARGE = 11000, 10334


def refused(codes: list[int], concerns: list[Any]) -> BulkWriteError:
    errors = [{"index": place, "code": code} for place, code in enumerate(codes)]
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": concerns})


def test_the_places_of_duplicates_are_returned() -> None:
    assert duplicates_in(refused([DUPLICATE, DUPLICATE], [])) == [0, 1]


@pytest.mark.parametrize(
    ("codes", "concerns"),
    [([DUPLICATE, TOO_LARGE], []), ([DUPLICATE], [{"errmsg": "no majority in time"}])],
)
def test_writes_that_failed_in_another_way_are_no_duplicates(
    codes: list[int], concerns: list[Any]
) -> None:
    error = refused(codes, concerns)

    with pytest.raises(BulkWriteError) as raised:
        duplicates_in(error)

    assert raised.value is error


def test_an_error_of_the_driver_is_temporary_names_the_operation_and_is_counted() -> None:
    before = metrics.database_errors.labels("keep_readings")._value.get()

    async def fail() -> None:
        async with database_errors("keep_readings"):
            raise AutoReconnect("connection closed")

    with pytest.raises(TemporaryError, match="the database: connection closed"):
        asyncio.run(fail())

    assert metrics.database_errors.labels("keep_readings")._value.get() == before + 1
