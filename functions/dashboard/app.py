"""Choose the real adapters of the dashboard function."""

import os
from collections.abc import Mapping

from functions.dashboard.application import DashboardFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.settings import AggregateSettings, MongoSettings, read


def make(environment: Mapping[str, str]) -> DashboardFunction:
    mongo = Mongo(read(MongoSettings, environment))
    return DashboardFunction(mongo, read(AggregateSettings, environment).aggregate_window_seconds)


def application() -> FunctionApplication:
    function = make(os.environ)
    return FunctionApplication(function, function.application)
