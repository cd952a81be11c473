"""The routes that change something: for our own pages, with a bounded body."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from functions.dashboard.routes.writing import MAX_BODY
from tests.unit.functions.dashboard.conftest import application

Send = Callable[..., httpx.Response]
SILENCE = {"matchers": {"device_id": "d"}, "to": "1h", "comment": "maintenance"}
WRITES: list[tuple[str, str, object]] = [
    ("POST", "/alerts/a/acknowledge", {}),
    ("POST", "/alerts/a/unacknowledge", {}),
    ("POST", "/alerts/acknowledge", {"alert_ids": ["a"]}),
    ("POST", "/silences", SILENCE),
    ("DELETE", f"/silences/{'0' * 32}", None),
]
REACHED = 503  # the database is away: the request got as far as it
APP = "https://app.example.org"
ACKNOWLEDGE = "/alerts/a/acknowledge"


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_where_the_dashboard_is_open_a_request_gets_through(
    send: Send, prefix: str, method: str, path: str, body: object
) -> None:
    assert send(method, prefix + path, body=body).status_code == REACHED


@pytest.mark.parametrize("path", [ACKNOWLEDGE, "/alerts/a/unacknowledge"])
def test_who_has_nothing_to_say_sends_no_body(send: Send, path: str) -> None:
    assert send("POST", path).status_code == REACHED


def test_an_alert_of_old_has_a_slash_in_its_id(send: Send) -> None:
    path = f"/alerts/{'0' * 44}/temperature_c_high/acknowledge"

    assert send("POST", path).status_code == REACHED


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://dashboard", REACHED),
        ("https://DASHBOARD", REACHED),  # behind a proxy that ends TLS
        (APP, REACHED),
        ("https://evil.example", 403),
        ("http://dashboard:8080", 403),
        ("http://dashboard.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_only_pages_of_this_origin_and_of_allowed_ones_may_write(
    send: Send, method: str, path: str, body: object, origin: str, status: int
) -> None:
    headers = {"origin": origin}

    response = send(method, path, headers, body=body, cors_origins=APP)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_of_two_origins_none_may_be_foreign(send: Send) -> None:
    headers = [(b"origin", b"http://dashboard"), (b"origin", b"https://evil.example")]

    assert send("POST", ACKNOWLEDGE, headers).status_code == 403


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_a_form_could_send_is_refused(media_type: str) -> None:
    response = sent(b"{}", {"content-type": media_type})

    assert response.status_code == 415
    assert response.json()["parameter"] == "content-type"


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_media_type_may_have_parameters_and_capitals(media_type: str) -> None:
    assert sent(b"{}", {"content-type": media_type}).status_code == REACHED


def test_a_body_over_the_limit_is_a_413_however_it_comes() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1024 + 1):
            yield b" " * 1024

    response = sent(chunks(), {"content-type": "application/json"})

    assert response.status_code == 413
    assert response.json()["parameter"] == "body"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_no_reader_takes_is_a_problem_too(content: bytes) -> None:
    response = sent(content, {"content-type": "application/json"})

    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["parameter"] == "body"


@pytest.mark.parametrize(
    ("path", "body", "parameter"),
    [
        (ACKNOWLEDGE, [], "body"),
        (ACKNOWLEDGE, {"note": "x"}, "note"),
        (ACKNOWLEDGE, {"comment": "x" * 1001}, "comment"),
        (ACKNOWLEDGE, {"comment": "\x00"}, "comment"),
        (ACKNOWLEDGE, {"comment": {"$ne": 1}}, "comment"),
        (ACKNOWLEDGE, {"actor": " "}, "actor"),
        (ACKNOWLEDGE, {"actor": "a\nb"}, "actor"),
        (ACKNOWLEDGE, {"until": "soon"}, "until"),
        (ACKNOWLEDGE, {"until": 3600}, "until"),
        (ACKNOWLEDGE, {"until": "2026-01-01T00:00:00Z"}, "until"),
        ("/alerts/a%24/acknowledge", {}, "alert_id"),
        ("/alerts/a/unacknowledge", {"until": "1h"}, "until"),
        ("/alerts/acknowledge", {}, "alert_ids"),
        ("/alerts/acknowledge", {"alert_ids": []}, "alert_ids"),
        ("/alerts/acknowledge", {"alert_ids": ["a"] * 501}, "alert_ids"),
        ("/alerts/acknowledge", {"alert_ids": ["a", "b c"]}, "alert_ids.1"),
        ("/alerts/acknowledge", {"alert_ids": [{"$ne": ""}]}, "alert_ids.0"),
        ("/silences", {**SILENCE, "matchers": {}}, "matchers"),
        ("/silences", {**SILENCE, "matchers": {"device_id": "*"}}, "matchers.device_id"),
        ("/silences", {**SILENCE, "matchers": {"device_id": "a*b"}}, "matchers.device_id"),
        ("/silences", {**SILENCE, "matchers": {"site": "x"}}, "matchers.site"),
        ("/silences", {**SILENCE, "matchers": {"rule_id": {"$gt": ""}}}, "matchers.rule_id"),
        ("/silences", {**SILENCE, "comment": "  "}, "comment"),
        ("/silences", {"matchers": SILENCE["matchers"], "comment": "x"}, "to"),
        ("/silences", {**SILENCE, "to": "2026-01-01T00:00:00Z"}, "to"),
        ("/silences", {**SILENCE, "to": "400d"}, "to"),
        ("/silences", {**SILENCE, "from": "400d"}, "from"),
        ("/silences", {**SILENCE, "from": "9999-12-31T23:00:00Z", "to": "9999d"}, "from"),
        ("/silences", {**SILENCE, "from": "2h", "to": "12:00"}, "to"),
    ],
)
def test_a_wrong_field_is_named(send: Send, path: str, body: Any, parameter: str) -> None:
    response = send("POST", path, body=body)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["parameter"] == parameter
    assert parameter in response.json()["detail"]


def test_a_query_parameter_is_not_taken_for_a_field(send: Send) -> None:
    response = send("DELETE", f"/silences/{'0' * 32}?reason=x")

    assert (response.status_code, response.json()["parameter"]) == (422, "reason")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/silences", "GET, HEAD, POST, OPTIONS"),
        (f"/silences/{'0' * 32}", "DELETE, OPTIONS"),
        ("/v1/silences", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_options_states_the_methods_that_there_are(send: Send, path: str, methods: str) -> None:
    options, refused = send("OPTIONS", path), send("PUT", path)

    assert (options.status_code, options.headers["allow"]) == (204, methods)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


def test_a_route_that_only_writes_says_with_what(send: Send) -> None:
    response = send("GET", f"/silences/{'0' * 32}")

    assert response.status_code == 405
    assert response.json()["detail"].endswith("is used with DELETE")


def test_a_page_of_an_allowed_origin_may_write(send: Send) -> None:
    preflight = {"origin": APP, "access-control-request-method": "POST"}

    response = send("OPTIONS", "/silences", preflight, cors_origins=APP)

    assert response.headers["access-control-allow-methods"] == "GET, HEAD, POST, DELETE"
    assert response.headers["access-control-allow-headers"] == "content-type"


def sent(content: bytes | AsyncIterator[bytes], headers: dict[str, str]) -> httpx.Response:
    async def respond() -> httpx.Response:
        transport = httpx.ASGITransport(application("", ""), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.post(ACKNOWLEDGE, content=content, headers=headers)

    return asyncio.run(respond())
