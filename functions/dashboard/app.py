"""Choose the real adapters of the dashboard function."""

import os
from collections.abc import Mapping

from functions.dashboard.application import Dashboard
from shared.mongo.connection import Mongo
from shared.serving.application import Shell
from shared.settings import AggregateSettings, MongoSettings, read


def make(environment: Mapping[str, str]) -> Dashboard:
    mongo = Mongo(read(MongoSettings, environment))
    return Dashboard(mongo, read(AggregateSettings, environment).aggregate_window_seconds)


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, function.application)
