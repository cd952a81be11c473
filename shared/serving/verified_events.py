"""A function of events that asks who delivers them, where the cluster's sources can prove it.

Knative's OIDC (alpha, off by default) has a source send a token of its service account, for the
audience that it names for its sink. A plain Service has to verify it by itself.
"""

from pathlib import Path
from typing import Protocol

from shared.auth.access import verifier_on
from shared.auth.credential import token_in
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted
from shared.auth.scopes import Scope
from shared.outcomes import TemporaryError
from shared.serving.access import forbidden, unauthenticated
from shared.serving.application import FunctionApplication
from shared.serving.function import HttpFunction, Resource
from shared.serving.http import HttpRequest, HttpResponse, temporary_error_response
from shared.serving.whole_request import MAX_BODY, http_application
from shared.settings import EventAuthSettings


class Verifier(Resource, Protocol):
    """What tells who delivers; it raises NotTrusted or TemporaryError."""

    async def principal_of(self, token: str | None) -> Principal: ...


class VerifiedFunction:
    """A function whose events come with a token that has the scope `events`."""

    def __init__(self, function: HttpFunction, verifier: Verifier) -> None:
        self.name = function.name
        self._function = function
        self._verifier = verifier

    async def open(self) -> None:
        await self._verifier.open()
        await self._function.open()

    async def close(self) -> None:
        await self._function.close()
        await self._verifier.close()

    def not_ready(self) -> str | None:
        return self._function.not_ready()

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Return what the function does, or 401 or 403, which a source does not retry.

        503, which it does, where that cannot be known now.
        """
        try:
            caller = await self._verifier.principal_of(token_in(request.header(b"authorization")))
        except NotTrusted:
            return unauthenticated()
        except TemporaryError as outcome:
            return temporary_error_response(outcome)
        if not caller.may(Scope.EVENTS):
            return forbidden(Scope.EVENTS)
        return await self._function.respond(request)


def events_application(
    function: HttpFunction, settings: EventAuthSettings, max_body: int = MAX_BODY
) -> FunctionApplication:
    """Return the application of a function of events, verified where the settings name a file.

    Raise SettingsError where that file is wrong.
    """
    if not settings.events_auth_file:
        return FunctionApplication(function, http_application(function, max_body))
    verifier = verifier_on(Path(settings.events_auth_file), "EVENTS_AUTH_FILE")
    verified = VerifiedFunction(function, verifier)
    return FunctionApplication(verified, http_application(verified, max_body), is_open=False)
