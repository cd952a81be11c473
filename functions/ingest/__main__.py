"""The ingest function as a process: `python -m functions.ingest`. Chooses the real publisher."""

import os
from collections.abc import Mapping

from functions.ingest.function import Ingest
from shared.kafka_publisher import KafkaPublisher
from shared.serving import Shell, answering, serve
from shared.settings import KafkaSettings, read


def make(environment: Mapping[str, str]) -> Ingest:
    kafka = read(KafkaSettings, environment)
    return Ingest(KafkaPublisher(kafka), kafka.telemetry_topic)


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function))


if __name__ == "__main__":
    serve(application)
