"""Chooses the real adapters of the alert function."""

from collections.abc import Mapping

from functions.alert.function import alert_function
from functions.alert.notify.targets.settings import load_targets
from shared.alerts.rules.load import load
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.serving.verified_events import events_application
from shared.settings import EventAuthSettings, MongoSettings, read


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where environment, rules or targets are wrong."""
    mongo = Mongo(read(MongoSettings, environment))
    function = alert_function(mongo, load(environment), load_targets(environment))
    return events_application(function, read(EventAuthSettings, environment))
