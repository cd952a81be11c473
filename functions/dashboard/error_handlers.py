"""How does the dashboard say no? Every error is RFC 9457 problem+json and names the parameter.

`application` installs these; no answer of the framework's own form gets out.
"""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from functions.dashboard.queries.cursor import WrongCursor
from functions.dashboard.queries.indexed_lists import UncarriedFilters
from shared.outcomes import RETRY_AFTER_S, TemporaryError
from shared.serving.http import HttpResponse, problem

_MAX_ERRORS: Final = 20
_log = logging.getLogger(__name__)


class UnknownDevice(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """No reading of this device has been seen."""


def answer_with_problems(application: FastAPI) -> None:
    """Install a problem answer for everything that a route can raise."""
    application.add_exception_handler(RequestValidationError, _wrong_parameter)
    application.add_exception_handler(UncarriedFilters, _uncarried)
    application.add_exception_handler(WrongCursor, _wrong_cursor)
    application.add_exception_handler(UnknownDevice, _unknown_device)
    application.add_exception_handler(TemporaryError, _try_again)
    application.add_exception_handler(HTTPException, _no_such_route)
    application.add_exception_handler(ResponseValidationError, _fault)
    application.add_exception_handler(Exception, _fault)


def response_of(answer: HttpResponse) -> Response:
    """Give the framework's form of an answer."""
    return Response(answer.body, int(answer.status), dict(answer.headers), answer.content_type)


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
    name = str(where[-1])[:100]
    if error["type"] == "extra_forbidden":
        return {"parameter": name, "detail": "there is no such parameter here"}
    return {"parameter": name, "detail": str(error["msg"]).removeprefix("Value error, ")}


def _uncarried(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UncarriedFilters)
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


def _try_again(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TemporaryError)
    # The driver's words name hosts: they are for the log, not for the public.
    _log.warning("try again", extra={"reason": str(error)})
    return response_of(
        problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "the database does not answer; try again",
            [("retry-after", str(RETRY_AFTER_S))],
            reason=error.operation,
        )
    )


def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = f"there is no {request.url.path[:200]} here; /openapi.json lists the routes"
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.url.path[:200]} is read with GET"
    headers = list((error.headers or {}).items())
    return response_of(problem(error.status_code, detail, headers))


def _fault(_request: Request, error: Exception) -> Response:
    _log.error("failed", exc_info=error)
    return response_of(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of this function"))
