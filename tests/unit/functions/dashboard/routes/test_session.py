"""How a browser logs in and out."""

from collections.abc import Callable

import httpx
import pytest

from functions.dashboard.application import DashboardFunction
from shared.outcomes import TemporaryError
from tests.support.credentials import HOUR, T0
from tests.unit.functions.dashboard import access_client
from tests.unit.functions.dashboard.access_client import APP, KEY, dashboard, send, token_with

Send = Callable[..., httpx.Response]
HTML = {"accept": "text/html"}
HOST = "dashboard.example.org"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def at_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.dashboard.routes.session.time", lambda: T0)


def test_a_browser_that_is_not_logged_in_is_led_to_the_form() -> None:
    seen = send("GET", "/", HTML)
    form = send("GET", seen.headers["location"])

    assert (seen.status_code, seen.headers["location"], form.status_code) == (303, "/login", 200)
    assert 'action="/login"' in form.text
    assert form.headers["cache-control"] == "no-store"


def test_a_client_gets_the_message_as_ever() -> None:
    assert list(send("GET", "/").json()) == ["message"]


@pytest.mark.parametrize(
    ("host", "name", "is_secure"),
    [(HOST, "__Host-session", True), ("localhost:8002", "session-on-loopback", False)],
)
def test_a_good_token_becomes_a_cookie_and_opens_the_page(
    host: str,
    name: str,
    is_secure: bool,  # noqa: FBT001 - the case
) -> None:
    token = token_with("read")

    seen = send("POST", "/login", {"origin": f"http://{host}"}, host=host, form={"token": token})

    cookie = seen.headers["set-cookie"]
    assert (seen.status_code, seen.headers["location"]) == (303, "/")
    assert cookie.startswith(f"{name}={token}; Path=/; Max-Age={HOUR}; HttpOnly; SameSite=Strict")
    assert ("; Secure" in cookie) == is_secure
    page = send("GET", "/", {**HTML, "cookie": cookie.partition(";")[0]}, host=host)
    assert (page.status_code, 'id="device-rows"' in page.text) == (200, True)


@pytest.mark.parametrize(
    ("scopes", "may"), [(["read"], ""), (["read", "alerts:ack"], "alerts:ack")]
)
def test_the_page_learns_whether_its_reader_acknowledges(scopes: list[str], may: str) -> None:
    cookie = {"cookie": f"__Host-session={token_with(*scopes)}"}

    assert f'<meta name="may" content="{may}">' in send("GET", "/", {**HTML, **cookie}).text


@pytest.mark.parametrize(
    "token",
    ["", "x", KEY.token(scope="read", exp=1), KEY.token(scope="read", jti="lost")],
    ids=["none", "no token", "expired", "revoked"],
)
def test_any_other_token_gets_the_form_again(token: str) -> None:
    seen = send("POST", "/login", form={"token": token})

    assert seen.status_code == 401
    assert (
        '<p id="notice" class="notice" role="alert">This token is not good here.</p>' in seen.text
    )
    assert "set-cookie" not in seen.headers


def test_a_form_without_the_field_is_as_one_with_none() -> None:
    assert send("POST", "/login", form={"user": "ada"}).status_code == 401


def test_a_token_that_may_not_read_is_told_so() -> None:
    seen = send("POST", "/login", form={"token": token_with("ingest")})

    assert (seen.status_code, "lacks the scope read" in seen.text) == (403, True)


def test_a_token_that_no_cookie_holds_is_told_so() -> None:
    seen = send("POST", "/login", form={"token": token_with("read", groups=["g" * 3_000])})

    assert (seen.status_code, "too long for a cookie" in seen.text) == (400, True)


def test_while_keys_are_out_of_reach_it_is_to_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def out_of_reach(_token: str | None) -> None:
        raise TemporaryError("fetch_keys", "the keys of people are out of reach; try again")

    monkeypatch.setattr(dashboard()._verifier, "principal_of", out_of_reach)

    assert send("POST", "/login", form={"token": "x"}).status_code == 503
    assert send("GET", "/stats").status_code == 503
    assert send("GET", "/", HTML).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", APP])
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_no_other_page_logs_a_browser_in_or_out(path: str, origin: str) -> None:
    seen = send("POST", path, {"origin": origin}, form={"token": token_with("read")})

    assert (seen.status_code, "set-cookie" in seen.headers) == (403, False)


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 415),
        ({}, b"token=x", 415),
        (FORM, b"token=" + b"x" * 20_000, 413),
        (FORM, b"token=%FF", 401),
        (FORM, "token=é".encode(), 401),
    ],
)
def test_what_is_no_form_is_refused(headers: dict[str, str], content: bytes, status: int) -> None:
    assert send("POST", "/login", headers, content=content).status_code == status


def test_a_form_of_many_fields_is_refused() -> None:
    assert send("POST", "/login", FORM, content=b"&a=1" * 20).status_code == 401


def test_a_browser_can_log_out() -> None:
    seen = send("POST", "/logout", {"origin": f"https://{HOST}"})

    assert (seen.status_code, seen.headers["location"]) == (303, "/login")
    assert seen.headers["set-cookie"].startswith("__Host-session=; Path=/; Max-Age=0")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_it_is_open_there_is_nothing_to_log_in_to(
    request: pytest.FixtureRequest, method: str
) -> None:
    open_send: Send = request.getfixturevalue("send")

    seen = open_send(method, "/login")

    assert (seen.status_code, seen.headers["location"]) == (303, "/")


def test_where_it_is_open_everybody_may_do_all(request: pytest.FixtureRequest) -> None:
    open_send: Send = request.getfixturevalue("send")

    seen = open_send("GET", "/session").json()

    assert (seen["access"], seen["name"], "admin" in seen["scopes"]) == ("open", None, True)


def test_the_dashboard_of_these_tests_is_closed() -> None:
    assert isinstance(access_client.dashboard(), DashboardFunction)
    assert send("GET", "/health").json()["access"] == "closed"
