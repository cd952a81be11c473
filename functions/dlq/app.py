"""Chooses the real adapters of the dlq function."""

from collections.abc import Mapping

from functions.dlq.function import MAX_BODY, dlq_function
from shared.kafka.publisher import KafkaPublisher
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.serving.verified_events import events_application
from shared.settings import EventAuthSettings, KafkaSettings, MongoSettings, RedriveSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    kafka = read(KafkaSettings, environment)
    function = dlq_function(
        Mongo(read(MongoSettings, environment)),
        KafkaPublisher(kafka),
        kafka.telemetry_topic,
        read(RedriveSettings, environment).redrive_attempts,
    )
    return events_application(function, read(EventAuthSettings, environment), MAX_BODY)
