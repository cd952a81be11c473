"""The dlq function on a real database, and on a publisher that a test can look into."""

from collections.abc import Callable
from datetime import datetime

from functions.dlq.function import dlq_function
from shared.mongo.connection import Mongo
from shared.serving.event_function import EventFunction
from tests.support.publisher import FakePublisher
from tests.support.servers import mongo_at


def dlq_of(
    url: str,
    database: str,
    now: Callable[[], datetime],
    publisher: FakePublisher | None = None,
    attempts: int = 8,
) -> EventFunction:
    """Return the function; it publishes to a topic `telemetry.raw` of the publisher."""
    mongo = Mongo(mongo_at(url, database))
    return dlq_function(mongo, publisher or FakePublisher(), "telemetry.raw", attempts, now)
