"""The dashboard function: serves what MongoDB holds over HTTP, by indexes and stored documents."""

from datetime import timedelta
from typing import Final, Protocol

from fastapi import Depends, FastAPI

from functions.dashboard.access.caller import Verifier, admit
from functions.dashboard.access.oidc import OidcLogin
from functions.dashboard.dependencies import Connection, Store, refuse_repeated_parameters
from functions.dashboard.error_handlers import install_error_handlers
from functions.dashboard.live.hub import Feed, LiveHub
from functions.dashboard.live.position import Position
from functions.dashboard.live_feed import LiveFeed
from functions.dashboard.middleware import ResponseMiddleware
from functions.dashboard.routes import (
    alert_actions,
    alertmanager,
    alerts,
    devices,
    events,
    explanations,
    export,
    fleet,
    issuer_login,
    lists,
    lookups,
    page,
    prometheus,
    redrive,
    series,
    session,
    silences,
)
from shared.serving.application import ASGI
from shared.settings import CorsSettings, DashboardSettings

_DEFAULT: Final = DashboardSettings()
_NO_ORIGINS: Final = CorsSettings()
_ROUTERS: Final = (
    lists.router,
    devices.router,
    fleet.router,
    redrive.router,
    alert_actions.router,  # before alerts: what follows an id is no part of it
    explanations.router,
    alerts.router,
    silences.router,
    silences.writing_router,
    lookups.router,
    series.router,
    export.router,
    events.router,
)
_DESCRIPTION: Final = (
    "Readings, their summaries, alerts, devices and dead letters. Each route is also served under "
    "/v1. Lists are newest first and go on with `cursor`. Errors are RFC 9457 problem+json."
)


class OpenedConnection(Connection, Protocol):
    """A connection that is opened and closed with the process."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def not_ready(self) -> str | None: ...


class DashboardFunction:
    """The dashboard: its application, and the connection that lives as long as the process."""

    name = "dashboard"

    def __init__(
        self,
        connection: OpenedConnection,
        window_seconds: int,
        settings: DashboardSettings = _DEFAULT,
        cors: CorsSettings = _NO_ORIGINS,
        lateness: timedelta | None = None,
        verifier: Verifier | None = None,
        oidc: OidcLogin | None = None,
    ) -> None:
        self._connection = connection
        self._verifier = verifier
        store = Store(connection, window_seconds, lateness)
        self._live = _hub(store, settings)
        routes = _routes(store, settings, cors, verifier)
        routes.state.oidc = oidc
        routes.state.live = self._live
        self.application: ASGI = ResponseMiddleware(
            routes,
            cors.cors_origins,
            takes_credentials=verifier is not None,
        )

    async def open(self) -> None:
        await self._connection.open()
        if self._verifier is not None:
            await self._verifier.open()

    async def close(self) -> None:
        await self._live.close()
        if self._verifier is not None:
            await self._verifier.close()
        await self._connection.close()

    def not_ready(self) -> str | None:
        return self._connection.not_ready()


def _hub(store: Store, settings: DashboardSettings) -> LiveHub:
    async def open_feed(since: Position | None) -> Feed:
        return await LiveFeed.open(store, since, details=settings.dead_letter_details)

    return LiveHub(open_feed, settings.events_max_clients)


def _routes(
    store: Store, settings: DashboardSettings, cors: CorsSettings, verifier: Verifier | None
) -> FastAPI:
    application = FastAPI(
        title="IoT telemetry",
        version="1",
        description=_DESCRIPTION,
        openapi_url=None,  # served by routes.page, with an ETag
        docs_url=None,  # its viewers load code from another host
        redoc_url=None,
        redirect_slashes=False,
    )
    application.state.store = store
    application.state.settings = settings
    application.state.cors = cors
    application.state.verifier = verifier
    application.include_router(page.router, dependencies=[Depends(admit)])
    application.include_router(session.router, dependencies=[Depends(admit)])
    application.include_router(issuer_login.router, dependencies=[Depends(admit)])
    for router in (prometheus.router, alertmanager.router, alertmanager.writing_router):
        application.include_router(router, dependencies=[Depends(admit)], include_in_schema=False)
    once = [Depends(admit), Depends(refuse_repeated_parameters)]
    for router in _ROUTERS:
        application.include_router(router, dependencies=once)
        application.include_router(router, dependencies=once, prefix="/v1", include_in_schema=False)
    install_error_handlers(application)
    return application
