"""The topics of the manifests, made as Strimzi makes them in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_dev.manifests.eventing import Topic

KAFKA_ANSWERS_S = 15.0
BROKER_DEFAULT = -1  # as many replicas as this broker gives a topic by itself


def make_topics(bootstrap: str, topics: Iterable[Topic]) -> None:
    """Make the topics that do not exist; leave the others as they are.

    Block. Raise confluent_kafka.KafkaException if Kafka does not respond or refuses.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    wanted = [
        NewTopic(each.topic, each.partitions, BROKER_DEFAULT, config=dict(each.config))
        for each in topics
    ]
    made = admin.create_topics(wanted, request_timeout=KAFKA_ANSWERS_S)
    for future in made.values():
        try:
            future.result(KAFKA_ANSWERS_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
