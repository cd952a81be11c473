"""Chooses the real adapters of the dashboard function."""

from collections.abc import Mapping

from functions.dashboard.access.oidc import OidcLogin
from functions.dashboard.application import DashboardFunction
from shared.auth.access import verifier_of
from shared.mongo.connection import Mongo
from shared.serving.application import FunctionApplication
from shared.settings import (
    AggregateSettings,
    AuthSettings,
    CorsSettings,
    DashboardSettings,
    MongoSettings,
    OidcSettings,
    SettingsError,
    read,
)


def create(environment: Mapping[str, str]) -> FunctionApplication:
    """Return the application. Raise SettingsError where the environment is wrong."""
    verifier = verifier_of(read(AuthSettings, environment))
    oidc = read(OidcSettings, environment)
    if oidc.oidc_issuer and verifier is None:
        raise SettingsError("OIDC_ISSUER needs AUTH_FILE: without it nobody has to log in")
    mongo = read(MongoSettings, environment)
    function = DashboardFunction(
        Mongo(mongo, prepares_indexes=False),
        read(AggregateSettings, environment).aggregate_window_seconds,
        read(DashboardSettings, environment),
        read(CorsSettings, environment),
        mongo.raw_retention,
        verifier,
        OidcLogin(oidc) if oidc.oidc_issuer else None,
    )
    return FunctionApplication(function, function.application, is_open=verifier is None)
