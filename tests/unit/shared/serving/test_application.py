"""The life of a function, its health and its metrics, driven by ASGI messages."""

import asyncio
from typing import Any

import pytest

from shared.serving.application import FunctionApplication
from shared.serving.http import HttpRequest, HttpResponse
from shared.serving.whole_request import http_application
from tests.support.asgi_client import Message, ask


class Echo:
    """Answers with the body it got, or says why it is not ready."""

    name = "echo"

    def __init__(self, reason: str | None = None, fault: Exception | None = None) -> None:
        self.calls: list[str] = []
        self._reason = reason
        self._fault = fault

    async def open(self) -> None:
        self.calls.append("open")
        if self._fault is not None:
            raise self._fault

    async def close(self) -> None:
        self.calls.append("close")

    def not_ready(self) -> str | None:
        return self._reason

    async def respond(self, request: HttpRequest) -> HttpResponse:
        self.calls.append("answer")
        status = 204 if request.path == "/empty" else 200
        return HttpResponse(status, request.body, "text/plain")


def shell(function: Echo, max_body: int = 10) -> FunctionApplication:
    return FunctionApplication(function, http_application(function, max_body))


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_and_metrics_are_answered_by_the_shell(method: str, path: str) -> None:
    function = Echo()

    assert ask(shell(function), method, path).status == 200
    assert function.calls == []


def test_a_function_that_cannot_do_its_job_lives_but_is_not_ready() -> None:
    function = Echo(reason="no Kafka broker answers")

    ready, live = (ask(shell(function), "GET", f"/health/{what}") for what in ("ready", "live"))

    assert (ready.status, ready.json()["detail"]) == (503, "no Kafka broker answers")
    assert ready.headers["content-type"] == "application/problem+json"
    assert (live.status, live.json()["ready"]) == (200, False)


def test_health_says_which_function_it_is() -> None:
    assert ask(shell(Echo()), "GET", "/health").json() == {
        "status": "ok",
        "function": "echo",
        "ready": True,
    }


@pytest.mark.parametrize(("is_open", "access"), [(True, "open"), (False, "closed")])
def test_health_says_whether_it_is_open(is_open: bool, access: str) -> None:  # noqa: FBT001 - the case
    function = Echo()
    application = FunctionApplication(function, http_application(function), is_open=is_open)

    assert ask(application, "GET", "/health").json()["access"] == access


@pytest.mark.parametrize(("is_open", "warnings"), [(True, 1), (False, 0), (None, 0)])
def test_a_start_that_is_open_says_so(
    is_open: bool | None,  # noqa: FBT001 - the case
    warnings: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    function = Echo()
    application = FunctionApplication(function, http_application(function), is_open=is_open)

    asyncio.run(life(application))

    said = [one for one in caplog.records if one.levelname == "WARNING"]
    assert [one.message for one in said] == [
        "open to whoever reaches it: AUTH_FILE is not set"
    ] * warnings


def test_health_is_read_and_nothing_else() -> None:
    seen = ask(shell(Echo()), "POST", "/health")

    assert (seen.status, seen.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("accept", "content_type", "end"),
    [
        ("", "text/plain", b"\n"),
        ("text/plain", "text/plain", b"\n"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", b"# EOF\n"),
    ],
)
def test_metrics_come_in_the_format_that_is_asked_for(
    accept: str, content_type: str, end: bytes
) -> None:
    seen = ask(shell(Echo()), "GET", "/metrics", [("accept", accept)])

    assert seen.headers["content-type"].partition(";")[0] == content_type
    assert seen.body.endswith(end)
    assert b"iot_readings_accepted_total" in seen.body


def test_head_gets_the_headers_of_get_and_no_body() -> None:
    got, headed = (ask(shell(Echo()), method, "/health") for method in ("GET", "HEAD"))

    assert headed.headers == got.headers
    assert headed.body == b""


def test_an_answer_without_content_has_no_length() -> None:
    """RFC 9110, 8.6: never a Content-Length with a 204."""
    assert ask(shell(Echo()), "POST", "/empty").headers == {}


def test_a_function_is_opened_at_start_and_closed_at_the_end() -> None:
    function = Echo()

    sent = asyncio.run(life(shell(function)))

    assert function.calls == ["open", "close"]
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_a_function_that_cannot_open_stops_the_start_with_its_reason() -> None:
    function = Echo(fault=ValueError("MONGO_URL: no replica set"))

    sent = asyncio.run(life(shell(function)))

    assert function.calls == ["open"]
    assert sent == [{"type": "lifespan.startup.failed", "message": "MONGO_URL: no replica set"}]


def test_a_websocket_is_left_alone() -> None:
    asyncio.run(shell(Echo())({"type": "websocket"}, never, never))


async def life(application: FunctionApplication) -> list[Message]:
    incoming: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await application({"type": "lifespan"}, receive, send)
    return sent


async def never(*_: Any) -> Any:
    raise AssertionError("nothing is to be read or sent")
