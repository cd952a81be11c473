"""The routes that change something: what is checked of a request before its body is parsed."""

from collections.abc import Callable, Coroutine, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from functions.dashboard.access.caller import admit
from functions.dashboard.refusals import Refusal
from shared.settings import CorsSettings

MAX_BODY: Final = 256 * 1024  # 500 ids of alerts, and some
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class WritingRoute(APIRoute):
    """A route for callers with its scope, for pages of this origin, and with a bounded body.

    Pages of CORS_ORIGINS may use it too, and clients that are no browser, which send no origin.
    """

    def get_route_handler(self) -> _Handler:
        """Return the route's handler behind the checks."""
        respond = super().get_route_handler()

        async def check_and_respond(request: Request) -> Response:
            await admit(request)
            refuse_other_origins(request, request.app.state.cors)
            body = await _body_of(request)
            return await respond(Request(request.scope, _replay(body)))

        return check_and_respond


def refuse_other_origins(request: Request, cors: CorsSettings) -> None:
    """Raise Refusal where a browser says that a page of a foreign origin sends this.

    The scheme of our own origin is not known behind a proxy that ends TLS: the host must be equal.
    """
    own = request.headers.get("host", "").lower()
    for origin in request.headers.getlist("origin"):
        host = origin.lower().partition("://")[2]
        if origin not in cors.cors_origins and (not host or host != own):
            raise Refusal(
                HTTPStatus.FORBIDDEN, "a page of another origin may not do this; CORS_ORIGINS can"
            )


async def _body_of(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            detail = f"the body is over {MAX_BODY} bytes"
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, "body")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != "application/json":
        detail = "the body must be application/json, and its content-type say so"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, "content-type")
    return body


def _replay(body: bytes) -> Callable[[], Coroutine[Any, Any, MutableMapping[str, Any]]]:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
