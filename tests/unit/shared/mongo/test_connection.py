"""The connection of a process before anybody opened it."""

import asyncio

import pytest

from shared.mongo.connection import Mongo
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings


def test_a_connection_that_was_never_opened_can_be_closed_and_is_not_ready() -> None:
    mongo = Mongo(MongoSettings())

    asyncio.run(mongo.close())

    assert mongo.not_ready() is not None
    with pytest.raises(TemporaryError):
        _ = mongo.database
