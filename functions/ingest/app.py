"""Choose the real adapters of the ingest function."""

import os
from collections.abc import Mapping

from functions.ingest.function import Ingest
from shared.kafka.publisher import KafkaPublisher
from shared.serving.application import Shell, answering
from shared.settings import KafkaSettings, read


def make(environment: Mapping[str, str]) -> Ingest:
    kafka = read(KafkaSettings, environment)
    return Ingest(KafkaPublisher(kafka), kafka.telemetry_topic)


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function))
