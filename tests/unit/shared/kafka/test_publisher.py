"""What the publisher does when librdkafka gives up, or takes no more."""

import asyncio
from typing import Any

import pytest
from confluent_kafka import KafkaError

from shared.kafka.publisher import KafkaPublisher
from shared.outcomes import TemporaryError
from shared.readings.reading_event import records_of
from shared.settings import KafkaSettings
from tests.support.readings import NOW, accepted

RECORDS = records_of([accepted()], NOW)
NOWHERE = KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1")


class FullProducer:
    """Has no room for another record, as librdkafka after 100,000 that wait."""

    def produce(self, *_: Any, **__: Any) -> None:
        raise BufferError("Local: Queue full")


def test_a_producer_that_reports_a_fatal_error_is_replaced() -> None:
    publisher = KafkaPublisher(NOWHERE)
    publisher._producer = failed = publisher._new_producer()

    publisher._on_error(KafkaError(KafkaError._FATAL, "fenced", fatal=True))

    assert publisher._producer is not failed


def test_records_for_which_there_is_no_room_are_to_be_tried_again() -> None:
    async def publish() -> None:
        publisher, full = KafkaPublisher(NOWHERE), FullProducer()
        publisher._loop = asyncio.get_running_loop()
        publisher._producer = full  # type: ignore[assignment]  # all that is used of one
        await publisher.publish("telemetry.raw", RECORDS)

    with pytest.raises(TemporaryError, match="Kafka takes no more at the moment"):
        asyncio.run(publish())
