"""Chooses the real adapters of the alert function."""

from collections.abc import Mapping

from functions.alert.function import alert_function
from shared.alerts.rules.load import load
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.serving.whole_request import http_application
from shared.settings import MongoSettings, ThresholdSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where environment or rules file is wrong."""
    load(environment)
    mongo = Mongo(read(MongoSettings, environment))
    function = alert_function(mongo, read(ThresholdSettings, environment))
    return FunctionApplication(function, http_application(function))
