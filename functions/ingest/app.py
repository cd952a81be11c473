"""Chooses the real adapters of the ingest function."""

from collections.abc import Mapping

from functions.ingest.function import IngestFunction
from shared.kafka.publisher import KafkaPublisher
from shared.serving.application import FunctionApplication
from shared.serving.whole_request import http_application
from shared.settings import KafkaSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    kafka = read(KafkaSettings, environment)
    function = IngestFunction(KafkaPublisher(kafka), kafka.telemetry_topic)
    return FunctionApplication(function, http_application(function))
