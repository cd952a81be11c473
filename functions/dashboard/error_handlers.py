"""The error handlers of the dashboard: every error is RFC 9457 problem+json.

`application` installs these; no error in the framework's own form gets out.
"""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from functions.dashboard.access.caller import Denied
from functions.dashboard.queries.bounded_queries import MissingIndexError, MissingRightError
from functions.dashboard.queries.cursor import WrongCursor
from functions.dashboard.queries.indexed_lists import UnindexedFilters
from functions.dashboard.refusals import MAX_SHOWN, Refusal, UnknownDevice
from functions.dashboard.schemas.bodies import WrongTime
from shared.outcomes import RETRY_AFTER_S, TemporaryError
from shared.serving.http import HttpResponse, problem

_MAX_ERRORS: Final = 20
_log = logging.getLogger(__name__)


def install_error_handlers(application: FastAPI) -> None:
    """Install a problem response for everything that a route can raise."""
    application.add_exception_handler(RequestValidationError, _wrong_parameter)
    application.add_exception_handler(WrongTime, _wrong_time)
    application.add_exception_handler(Refusal, _refusal)
    application.add_exception_handler(Denied, _denied)
    application.add_exception_handler(UnindexedFilters, _unindexed_filters)
    application.add_exception_handler(WrongCursor, _wrong_cursor)
    application.add_exception_handler(UnknownDevice, _unknown_device)
    application.add_exception_handler(MissingIndexError, _missing_index)
    application.add_exception_handler(MissingRightError, _missing_right)
    application.add_exception_handler(TemporaryError, _temporary_error)
    application.add_exception_handler(HTTPException, _no_such_route)
    application.add_exception_handler(ResponseValidationError, _fault)
    application.add_exception_handler(Exception, _fault)


def response_of(made: HttpResponse) -> Response:
    """Return the framework's form of a response."""
    return Response(made.body, int(made.status), dict(made.headers), made.content_type)


def _wrong_parameter(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_entry(one) for one in error.errors()[:_MAX_ERRORS]]
    first = errors[0]
    return response_of(
        problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{first['parameter']}: {first['detail']}",
            parameter=first["parameter"],
            errors=errors,
        )
    )


def _entry(error: dict[str, object]) -> dict[str, str]:
    where = error["loc"]
    assert isinstance(where, tuple)
    name = _name_of(where)[:MAX_SHOWN]
    if error["type"] == "extra_forbidden":
        return {"parameter": name, "detail": "there is no such parameter here"}
    return {"parameter": name, "detail": str(error["msg"]).removeprefix("Value error, ")}


def _name_of(where: tuple[object, ...]) -> str:
    """Return the name of a parameter, or the path of a field of the body."""
    if where[0] != "body":
        return str(where[-1])
    fields = where[1:] if all(isinstance(part, str) for part in where[1:2]) else ()
    return ".".join(str(part) for part in fields) or "body"


def _wrong_time(_request: Request, error: Exception) -> Response:
    assert isinstance(error, WrongTime)
    entry = {"parameter": error.name, "detail": error.detail}
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return response_of(problem(status, str(error), parameter=error.name, errors=[entry]))


def _denied(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Denied)
    return response_of(error.response)


def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return response_of(problem(error.status, error.detail, **error.more))


def _unindexed_filters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UnindexedFilters)
    names = error.names
    return response_of(
        problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{names[-1]}: {error}",
            parameter=names[-1],
            errors=[{"parameter": name, "detail": "not with the others"} for name in names],
        )
    )


def _wrong_cursor(_request: Request, _error: Exception) -> Response:
    detail = "cursor: it is not one of this list with these filters; begin again without it"
    return response_of(problem(HTTPStatus.BAD_REQUEST, detail, parameter="cursor"))


def _unknown_device(_request: Request, error: Exception) -> Response:
    detail = f"no reading of the device {error} has been seen"
    return response_of(problem(HTTPStatus.NOT_FOUND, detail, parameter="device_id"))


def _temporary_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TemporaryError)
    return _unavailable(error, "the database does not respond; try again", error.operation)


def _missing_index(_request: Request, error: Exception) -> Response:
    detail = (
        "an index that this list needs is not there yet; aggregate, alert and dlq make it when they"
        " start"
    )
    return _unavailable(error, detail, "missing_index")


def _missing_right(_request: Request, error: Exception) -> Response:
    detail = "the database user of this dashboard has no right to do that"
    return _unavailable(error, detail, "missing_right")


def _unavailable(error: Exception, detail: str, reason: str) -> Response:
    # The driver's words name hosts: they are for the log, not for the public.
    _log.warning("try again", extra={"reason": str(error)})
    retry = ("retry-after", str(RETRY_AFTER_S))
    return response_of(problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, [retry], reason=reason))


def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = str(request.scope["path"])[:MAX_SHOWN]
    if error.status_code == HTTPStatus.BAD_REQUEST:
        detail = "the body cannot be read as JSON"
        return response_of(problem(error.status_code, detail, parameter="body"))
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"there is no {path} here; /openapi.json lists the routes"
        return response_of(problem(error.status_code, detail))
    methods = _methods_at(request)
    allow = ("allow", ", ".join(methods))
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=dict([allow]))
    verb = "read" if "GET" in methods else "used"
    return response_of(problem(error.status_code, f"{path} is {verb} with {methods[0]}", [allow]))


def _methods_at(request: Request) -> list[str]:
    """Return the methods of the routes at this path, the one that reads first."""
    found = [name for name in ("GET", "POST", "DELETE") if _is_served(request, name)]
    head = ["HEAD"] if "GET" in found else []
    return [*found[: len(head)], *head, *found[len(head) :], "OPTIONS"]


def _is_served(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _fault(_request: Request, error: Exception) -> Response:
    _log.error("failed", exc_info=error)
    return response_of(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of this function"))
