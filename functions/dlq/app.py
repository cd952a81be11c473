"""Choose the real adapters of the dlq function."""

import os
from collections.abc import Mapping

from functions.dlq.function import MAX_BODY, Dlq
from shared.mongo.connection import Mongo
from shared.serving.application import Shell, answering
from shared.settings import MongoSettings, read


def make(environment: Mapping[str, str]) -> Dlq:
    return Dlq(Mongo(read(MongoSettings, environment)))


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function, MAX_BODY))
