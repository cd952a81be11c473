"""Choose the real adapters of the aggregate function."""

import os
from collections.abc import Mapping
from typing import Final

from functions.aggregate.function import AggregateFunction
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication, http_application
from shared.settings import AggregateSettings, MongoSettings, SettingsError, read

# Of RETENTION_MARGIN (65 minutes), 5 are for readings ahead of their receipt; half an hour is left
# for the refresh that counts a late reading before the first of its window's readings is deleted.
_WIDEST_WITH_RETENTION_S: Final = 1_800


def make(environment: Mapping[str, str]) -> AggregateFunction:
    mongo, settings = read(MongoSettings, environment), read(AggregateSettings, environment)
    width_s = settings.aggregate_window_seconds
    if mongo.raw_retention is not None and width_s > _WIDEST_WITH_RETENTION_S:
        raise SettingsError(
            f"AGGREGATE_WINDOW_SECONDS={width_s}: with RAW_RETENTION_DAYS, at most "
            f"{_WIDEST_WITH_RETENTION_S}, since a late reading must find its window's readings"
        )
    return AggregateFunction(Mongo(mongo), settings)


def application() -> FunctionApplication:
    function = make(os.environ)
    return FunctionApplication(function, http_application(function))
