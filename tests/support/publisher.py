"""A publisher for unit tests, held to the truth by tests/contract/shared/test_publisher.py."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.readings.reading_event import Record


class FakePublisher:
    """Keeps what is published, or fails as the real one does.

    `too_large` is the value of a record that Kafka never takes; `on_open` and `on_publish` are
    called before the publisher opens, and after it has published.
    """

    def __init__(self) -> None:
        self.published: list[tuple[str, Record]] = []
        self.opened = 0
        self.is_open = False
        self.broker_is_away = False
        self.refuses_as_too_large = False
        self.too_large: bytes | None = None
        self.on_open: Callable[[], Any] = lambda: None
        self.on_publish: Callable[[], Any] = lambda: None

    async def open(self) -> None:
        self.on_open()
        self.opened += 1
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    def not_ready(self) -> str | None:
        return "no Kafka broker answers" if self.broker_is_away else None

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        if self.broker_is_away:
            raise TemporaryError("kafka", "Kafka did not acknowledge in time: no broker")
        too_large = [record for record in records if record.value == self.too_large]
        if self.refuses_as_too_large or too_large:
            raise PermanentError(Reason.TOO_LARGE, "Kafka takes no record of this size")
        self.published += [(topic, record) for record in records]
        self.on_publish()
