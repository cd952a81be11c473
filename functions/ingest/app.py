"""Choose the real adapters of the ingest function."""

import os
from collections.abc import Mapping

from functions.ingest.function import IngestFunction
from shared.kafka.publisher import KafkaPublisher
from shared.serving.application import FunctionApplication, http_application
from shared.settings import KafkaSettings, read


def make(environment: Mapping[str, str]) -> IngestFunction:
    kafka = read(KafkaSettings, environment)
    return IngestFunction(KafkaPublisher(kafka), kafka.telemetry_topic)


def application() -> FunctionApplication:
    function = make(os.environ)
    return FunctionApplication(function, http_application(function))
