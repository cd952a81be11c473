"""The settings of a KafkaSource's Kafka consumer.

ConfigMap config-kafka-source-data-plane of eventing-kafka-broker 1.23, in librdkafka's words.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_POLL_INTERVAL_MS = 86_400_000  # librdkafka takes no more, Java would


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """The settings that differ from source to source."""

    bootstrap: str
    group: str
    topic: str
    max_poll_interval_ms: int

    def for_kafka(self) -> dict[str, str | int | bool]:
        """Return the configuration for confluent_kafka.Consumer."""
        return {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 3_000,
            "max.poll.interval.ms": min(self.max_poll_interval_ms, LONGEST_POLL_INTERVAL_MS),
            "partition.assignment.strategy": "roundrobin",  # eager, like the sticky one of Java
            "allow.auto.create.topics": True,
            "topic.metadata.refresh.interval.ms": 5_000,  # Java: 300 s; new partitions wait for it
            "fetch.wait.max.ms": 500,
            "fetch.min.bytes": 1,
            "log_level": 2,
        }
