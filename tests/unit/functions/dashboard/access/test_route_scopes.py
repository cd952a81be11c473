"""Which route is for whom: the table is complete, and nothing gets past it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute

from functions.dashboard.access.route_scopes import NEEDS, Without, need_of
from shared.auth.scopes import Scope, with_implied
from tests.unit.functions.dashboard.access_client import (
    KEY,
    REACHED,
    SCOPES,
    bearer,
    dashboard,
    send,
    token_with,
)

IDS = {
    "{device_id}": "d",
    "{name}": "device_id",
    "{reading_id}": "0" * 44,
    "{silence_id}": "0" * 32,
}
BODIES: dict[str, Any] = {
    "/alerts/acknowledge": {"alert_ids": ["a"]},
    "/dead-letters/redrive": {"stage": "aggregate"},
    "/alertmanager/api/v2/silences": {
        "matchers": [{"name": "device_id", "value": "d", "isRegex": False}],
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "createdBy": "ada",
        "comment": "maintenance",
    },
    "/silences": {"matchers": {"device_id": "d"}, "to": "1h", "comment": "maintenance"},
}
PROMETHEUS = "/prometheus/api/v1"
QUERIES = {
    f"{PROMETHEUS}/query": "?query=t",
    f"{PROMETHEUS}/query_range": "?query=t&start=0&end=1&step=1",
    "/devices/{device_id}/series": "?sensor=t",
    "/series": "?sensor=t&device_id=d",
}
OF_OTHERS = ("/prometheus", "/alertmanager")  # APIs with versions of their own
OF_NO_DATABASE = {
    f"{PROMETHEUS}/status/buildinfo",
    f"{PROMETHEUS}/query_exemplars",
    "/alertmanager/api/v2/status",
}
SCOPED = [(*route, need) for route, need in NEEDS.items() if isinstance(need, Scope)]
PUBLIC = [route for route, need in NEEDS.items() if need is Without.CREDENTIAL]
LETS_IN = [
    (method, route, scope)
    for method, route, need in SCOPED
    for scope in SCOPES
    if need in with_implied([Scope(scope)])
]
SHUTS_OUT = [
    (method, route, scope)
    for method, route, need in SCOPED
    for scope in [*SCOPES, ""]
    if not scope or need not in with_implied([Scope(scope)])
]


def routes_of(router: Any) -> Iterator[tuple[str, str]]:
    """Yield method and template of each route, also of those that are included."""
    for one in router.routes:
        if isinstance(one, APIRoute):
            yield from ((method, one.path) for method in one.methods or ())
        else:
            yield from routes_of(one.original_router)


def path_of(route: str, prefix: str = "") -> str:
    path = route.replace("{alert_id:path}", "a") + QUERIES.get(route, "")
    path = path if route.startswith(OF_OTHERS) else prefix + path
    for name, value in IDS.items():
        path = path.replace(name, value)
    return path


def test_the_table_has_every_route_and_no_other() -> None:
    served: Any = dashboard().application

    assert set(routes_of(served._routes)) == set(NEEDS)


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(("method", "route", "scope"), LETS_IN)
def test_a_scope_lets_in_where_it_is_needed(
    prefix: str, method: str, route: str, scope: str
) -> None:
    path = path_of(route, prefix)

    seen = send(method, path, bearer(token_with(scope)), body=BODIES.get(route))

    assert seen.status_code == (200 if route in OF_NO_DATABASE else REACHED)


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(("method", "route", "scope"), SHUTS_OUT)
def test_no_other_scope_does(prefix: str, method: str, route: str, scope: str) -> None:
    path = path_of(route, prefix)

    seen = send(method, path, bearer(token_with(scope)), body=BODIES.get(route))

    assert (seen.status_code, "data" in seen.json()) == (403, False)


@pytest.mark.parametrize(("method", "route"), [(m, r) for m, r, _ in SCOPED])
def test_without_a_credential_there_is_nothing_to_read_or_to_change(
    method: str, route: str
) -> None:
    seen = send(method, path_of(route), body=BODIES.get(route))

    assert seen.status_code == 401
    assert seen.headers["www-authenticate"] == 'Bearer realm="iot-telemetry"'


@pytest.mark.parametrize(("method", "route"), [(m, r) for m, r, _ in SCOPED])
@pytest.mark.parametrize("query", ["?_=1", "?limit=x", "?device_id=a&device_id=b"])
def test_who_may_not_learns_nothing_of_parameters(method: str, route: str, query: str) -> None:
    assert send(method, path_of(route) + query, body={"x": 1}).status_code == 401


@pytest.mark.parametrize(("method", "route"), PUBLIC)
def test_what_is_for_everybody_needs_no_credential(method: str, route: str) -> None:
    assert send(method, path_of(route)).status_code not in (401, 403)


def test_a_route_that_is_not_in_the_table_is_for_nobody() -> None:
    assert need_of("GET", "/new") is None
    assert need_of("PUT", "/telemetry") is None


def test_such_a_route_is_denied_even_to_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.dashboard.access.caller.need_of", lambda *_: None)

    seen = send("GET", "/stats", bearer(token_with("admin")))

    assert (seen.status_code, seen.json()["detail"]) == (
        403,
        "no scope gives access to this route",
    )


@pytest.mark.parametrize(
    "token",
    [
        KEY.token(scope="read", exp=1),
        KEY.token(scope="read", aud="x"),
        KEY.token(scope="read", jti="lost"),
        "x",
    ],
    ids=["expired", "other audience", "revoked", "none"],
)
def test_a_credential_that_proves_nothing_is_a_401_whatever_is_wrong(token: str) -> None:
    seen = send("GET", "/stats", bearer(token))

    assert (seen.status_code, seen.json()["detail"]) == (401, "a valid credential is needed")


def test_head_is_for_whom_get_is() -> None:
    assert send("HEAD", "/stats").status_code == 401
    assert send("HEAD", "/stats", bearer(token_with("read"))).status_code == REACHED
