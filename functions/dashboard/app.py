"""Chooses the real adapters of the dashboard function."""

from collections.abc import Mapping

from functions.dashboard.application import DashboardFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.settings import AggregateSettings, MongoSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    mongo = Mongo(read(MongoSettings, environment))
    window_seconds = read(AggregateSettings, environment).aggregate_window_seconds
    function = DashboardFunction(mongo, window_seconds)
    return FunctionApplication(function, function.application)
