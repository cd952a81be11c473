"""The offsets at which a new group begins with `initialOffset: latest`.

The controller commits the newest offsets before the first delivery (pkg/kafka/offset/offsets.go).
For `earliest` it does nothing: auto.offset.reset does.
"""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

KAFKA_RESPONDS_S = 10.0


def commit_newest_offsets(bootstrap: str, group: str, topic: str) -> None:
    """Commit the newest offset of each partition for which the group has none.

    Block until it is done. Raise confluent_kafka.KafkaException if Kafka does not respond.
    """
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 2})
    try:
        known = consumer.list_topics(topic, timeout=KAFKA_RESPONDS_S).topics[topic].partitions
        partitions = [TopicPartition(topic, number) for number in known]
        committed = consumer.committed(partitions, timeout=KAFKA_RESPONDS_S)
        fresh = [each for each in committed if each.offset < 0]
        for each in fresh:
            _, each.offset = consumer.get_watermark_offsets(each, timeout=KAFKA_RESPONDS_S)
        if fresh:
            consumer.commit(offsets=fresh, asynchronous=False)
    finally:
        consumer.close()
