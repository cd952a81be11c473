"""Who calls the dashboard, by header or by cookie."""

import asyncio
import logging

import pytest

from functions.dashboard.application import DashboardFunction
from shared.auth.verifier import Verifier
from tests.unit.functions.dashboard.access_client import (
    APP,
    KEY,
    REACHED,
    bearer,
    dashboard,
    send,
    token_with,
)

ACKNOWLEDGE = "/alerts/a/acknowledge"
HOST = "dashboard.example.org"


def cookie(token: str, name: str = "__Host-session") -> dict[str, str]:
    return {"cookie": f"other=1; {name}={token}"}


def test_a_browser_is_known_by_its_cookie() -> None:
    assert send("GET", "/stats", cookie(token_with("read"))).status_code == REACHED


def test_on_loopback_it_is_known_by_the_other_name() -> None:
    header = cookie(token_with("read"), "session-on-loopback")

    assert send("GET", "/stats", header, host="localhost:8002").status_code == REACHED
    assert send("GET", "/stats", header).status_code == 401


def test_a_token_of_the_header_counts_before_the_cookie() -> None:
    headers = {**cookie(token_with("read")), **bearer(token_with("events"))}

    assert send("GET", "/stats", headers).status_code == 403


@pytest.mark.parametrize(
    "told",
    [
        {"origin": f"https://{HOST}"},
        {"origin": f"http://{HOST.upper()}"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_a_page_of_ours_may_change_something_by_the_cookie(told: dict[str, str]) -> None:
    headers = {**cookie(token_with("alerts:ack")), **told}

    assert send("POST", ACKNOWLEDGE, headers).status_code == REACHED


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": f"https://{HOST}.evil.example"},
        {"origin": APP},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_no_other_page_may(told: dict[str, str]) -> None:
    headers = {**cookie(token_with("alerts:ack")), **told}

    assert send("POST", ACKNOWLEDGE, headers).status_code == 403


def test_a_page_of_an_allowed_origin_may_with_a_credential_of_its_own() -> None:
    headers = {**bearer(token_with("alerts:ack")), "origin": APP}

    assert send("POST", ACKNOWLEDGE, headers).status_code == REACHED


def test_a_browser_may_ask_whether_that_page_may_send_a_credential() -> None:
    preflight = {"origin": APP, "access-control-request-method": "POST"}

    allowed = send("OPTIONS", ACKNOWLEDGE, preflight).headers["access-control-allow-headers"]

    assert allowed == "authorization, content-type"


def test_the_session_tells_who_calls() -> None:
    seen = send("GET", "/session", bearer(token_with("read", "alerts:ack")))

    assert seen.json() == {"access": "closed", "name": "ada", "scopes": ["alerts:ack", "read"]}
    assert send("GET", "/session").status_code == 401


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        (None, "minted:t-1"),
        ("", "minted:t-1"),
        ("a\nb\x00", "ab"),
        ("x" * 300, "x" * 128),
    ],
)
def test_a_name_is_bounded_and_plain(subject: str | None, name: str) -> None:
    token = KEY.token(scope="read", sub=subject)

    assert send("GET", "/session", bearer(token)).json()["name"] == name


def test_no_token_is_logged_or_repeated(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = [token_with("read"), token_with("events"), KEY.token(exp=1), "x.y.z"]

    seen = [send("GET", "/stats", way(token)) for token in tokens for way in (bearer, cookie)]

    told = caplog.text + "".join(one.text + str(one.headers) for one in seen)
    assert [token for token in tokens if token in told] == []


def test_the_verifier_lives_as_long_as_the_dashboard() -> None:
    verifier = dashboard()._verifier

    async def lived(function: DashboardFunction) -> bool:
        await function.open()
        assert isinstance(verifier, Verifier)
        watching = verifier._watching
        await function.close()
        return watching is not None and watching.done()

    assert asyncio.run(lived(dashboard()))
