"""Records delivered again: by older committed offsets, or produced once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

if TYPE_CHECKING:
    import random

CALL_S = 3.0
MOST_BACK = 40  # records in each partition
READ_S = 2.0


def rewind(bootstrap: str, group: str, topic: str, chance: random.Random) -> str:
    """Commit older offsets for a group that is away, as if its last commits were lost.

    Return what was done. Raise KafkaException, also where the group is not away yet.
    """
    consumer = Consumer(_settings(bootstrap, group))
    try:
        committed = consumer.committed(_partitions(consumer, topic), timeout=CALL_S)
        known = [each for each in committed if each.offset > 0]
        for each in known:
            each.offset = max(0, each.offset - chance.randint(0, MOST_BACK))
        if known:
            consumer.commit(offsets=known, asynchronous=False)
        return f"{group} in {len(known)} partitions by up to {MOST_BACK} records"
    finally:
        consumer.close()


def duplicate(bootstrap: str, topic: str, chance: random.Random) -> str:
    """Produce some of the newest records once more, in another order. Raise KafkaException."""
    records = _newest(bootstrap, topic)
    chosen = chance.sample(records, min(len(records), chance.randint(1, MOST_BACK)))
    producer = Producer(
        {"bootstrap.servers": bootstrap, "message.timeout.ms": 3000, "log_level": 2}
    )
    for record in chosen:
        headers = cast("list[tuple[str, str | bytes | None]]", record.headers() or [])
        producer.produce(topic, record.value(), record.key(), headers=headers)
    producer.flush(CALL_S)
    return f"{len(chosen)} records of {topic}"


def _newest(bootstrap: str, topic: str) -> list[Message]:
    consumer = Consumer(_settings(bootstrap, "chaos"))
    try:
        starts, wanted = [], 0
        for each in _partitions(consumer, topic):
            _, end = consumer.get_watermark_offsets(each, timeout=CALL_S)
            start = max(0, end - MOST_BACK)
            starts.append(TopicPartition(topic, each.partition, start))
            wanted += end - start
        consumer.assign(starts)
        return [m for m in consumer.consume(wanted, READ_S) if m.error() is None]
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topic: str) -> list[TopicPartition]:
    found = consumer.list_topics(topic, timeout=CALL_S).topics[topic].partitions
    if not found:
        raise KafkaException(f"{topic} has no partitions yet")
    return [TopicPartition(topic, number) for number in found]


def _settings(bootstrap: str, group: str) -> dict[str, str | int | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "log_level": 2,
    }
