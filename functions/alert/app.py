"""Chooses the real adapters of the alert function."""

from collections.abc import Mapping

from functions.alert.function import alert_function
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.serving.verified_events import events_application
from shared.settings import EventAuthSettings, MongoSettings, ThresholdSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    mongo = Mongo(read(MongoSettings, environment))
    function = alert_function(mongo, read(ThresholdSettings, environment))
    return events_application(function, read(EventAuthSettings, environment))
