"""What a route needs is made without a thread: each costs a tenth of the request."""

from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from functions.dashboard.access.caller import admit
from functions.dashboard.dependencies import refuse_repeated_parameters
from tests.unit.functions.dashboard.access_client import dashboard

READ_FILES = {"asset", "chart_file", "docs", "description"}
OF_EVERY_ROUTE = (admit, refuse_repeated_parameters)


def functions_of(router: Any) -> Iterator[Callable[..., Any]]:
    """Yield what FastAPI calls for each route."""
    for one in router.routes:
        if isinstance(one, APIRoute):
            yield from calls_of(one.dependant)
        else:
            yield from functions_of(one.original_router)


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for one in dependant.dependencies:
        yield from calls_of(one)


def test_no_route_and_nothing_it_depends_on_is_called_in_a_thread() -> None:
    routes = dashboard().application._routes  # type: ignore[attr-defined]
    called = [*OF_EVERY_ROUTE, *functions_of(routes)]

    assert len(called) > 100
    assert {one.__qualname__ for one in called if not iscoroutinefunction(one)} == READ_FILES
