"""Chooses the real adapters of the aggregate function."""

from collections.abc import Mapping
from typing import Final

from functions.aggregate.function import aggregate_function
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.serving.verified_events import events_application
from shared.settings import (
    AggregateSettings,
    EventAuthSettings,
    MongoSettings,
    SettingsError,
    read,
)

# Of RETENTION_MARGIN (65 minutes), 5 are for readings ahead of their receipt; half an hour is left
# for the refresh that counts a late reading before the first of its window's readings is deleted.
_WIDEST_WITH_RETENTION_S: Final = 1_800


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    mongo, settings = read(MongoSettings, environment), read(AggregateSettings, environment)
    width_s = settings.aggregate_window_seconds
    if mongo.raw_retention is not None and width_s > _WIDEST_WITH_RETENTION_S:
        raise SettingsError(
            f"AGGREGATE_WINDOW_SECONDS={width_s}: with RAW_RETENTION_DAYS, at most "
            f"{_WIDEST_WITH_RETENTION_S}, since a late reading must find its window's readings"
        )
    function = aggregate_function(Mongo(mongo), settings)
    return events_application(function, read(EventAuthSettings, environment))
