"""Choose the real adapters of the dlq function."""

import os
from collections.abc import Mapping

from functions.dlq.function import MAX_BODY, DlqFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication, http_application
from shared.settings import MongoSettings, read


def make(environment: Mapping[str, str]) -> DlqFunction:
    return DlqFunction(Mongo(read(MongoSettings, environment)))


def application() -> FunctionApplication:
    function = make(os.environ)
    return FunctionApplication(function, http_application(function, MAX_BODY))
