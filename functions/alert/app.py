"""Choose the real adapters of the alert function."""

import os
from collections.abc import Mapping

from functions.alert.function import Alert
from shared.mongo.connection import Mongo
from shared.serving.application import Shell, answering
from shared.settings import MongoSettings, ThresholdSettings, read


def make(environment: Mapping[str, str]) -> Alert:
    mongo = Mongo(read(MongoSettings, environment))
    return Alert(mongo, read(ThresholdSettings, environment))


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function))
