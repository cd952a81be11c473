"""Choose the real adapters of the alert function."""

import os
from collections.abc import Mapping

from functions.alert.function import AlertFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication, http_application
from shared.settings import MongoSettings, ThresholdSettings, read


def make(environment: Mapping[str, str]) -> AlertFunction:
    mongo = Mongo(read(MongoSettings, environment))
    return AlertFunction(mongo, read(ThresholdSettings, environment))


def application() -> FunctionApplication:
    function = make(os.environ)
    return FunctionApplication(function, http_application(function))
