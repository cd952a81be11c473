"""What stands in for Kafka in unit tests, held to the truth by tests/contract/test_publisher.py."""

from collections.abc import Sequence

from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.reading_event import Record


class FakePublisher:
    """Keeps what is published, or fails as the real one does while no broker answers."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Record]] = []
        self.is_open = False
        self.broker_is_away = False
        self.refuses_as_too_large = False

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    def not_ready(self) -> str | None:
        return "no Kafka broker answers" if self.broker_is_away else None

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        if self.broker_is_away:
            raise TemporaryError("kafka", "Kafka did not acknowledge in time: no broker")
        if self.refuses_as_too_large:
            raise PermanentError(Reason.TOO_LARGE, "Kafka takes no record of this size")
        self.published += [(topic, record) for record in records]
