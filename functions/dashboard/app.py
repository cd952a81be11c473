"""Chooses the real adapters of the dashboard function."""

from collections.abc import Mapping

from functions.dashboard.application import DashboardFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.settings import (
    AggregateSettings,
    CorsSettings,
    DashboardSettings,
    MongoSettings,
    read,
)


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    mongo = read(MongoSettings, environment)
    function = DashboardFunction(
        Mongo(mongo, prepares_indexes=False),
        read(AggregateSettings, environment).aggregate_window_seconds,
        read(DashboardSettings, environment),
        read(CorsSettings, environment),
        mongo.raw_retention,
    )
    return FunctionApplication(function, function.application)
