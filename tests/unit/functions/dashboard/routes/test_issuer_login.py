"""How a browser logs in at the team's issuer, held against one that checks what real ones check."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.dashboard.access.login_attempt import LoginAttempt
from functions.dashboard.access.oidc import KEPT_S, OidcLogin
from functions.dashboard.application import DashboardFunction
from shared.auth.verifier import Verifier
from shared.serving.application import FunctionApplication
from shared.settings import OidcSettings, read
from tests.support.credentials import T0, auth_folder
from tests.support.oidc_issuer import CLIENT, SECRET, OidcIssuer, encoded, oidc_issuer
from tests.unit.functions.dashboard.access_client import send as send_to_tokens_alone
from tests.unit.functions.dashboard.conftest import NoDatabase

BASE = "http://localhost:8002"
ATTEMPT, SESSION = "login-on-loopback", "session-on-loopback"


class Browser:
    """Keeps cookies, as a browser does, and follows nothing by itself."""

    def __init__(self, folder: Path, issuer: OidcIssuer) -> None:
        entry = {
            "name": "people",
            "issuer": issuer.url,
            "audience": CLIENT,
            "jwks_url": f"{issuer.url}/jwks",
            "scopes_from": "groups",
            "scopes_of": {"operators": ["read", "alerts:ack"], "guests": ["ingest"]},
        }
        environment = {
            "OIDC_ISSUER": issuer.url,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": SECRET,
            "DASHBOARD_URL": BASE,
        }
        self.now = 0.0
        login = OidcLogin(read(OidcSettings, environment), lambda: self.now)
        verifier = Verifier(auth_folder(folder, [entry]), now=lambda: T0)
        made = DashboardFunction(NoDatabase(), 60, verifier=verifier, oidc=login)
        self._application = FunctionApplication(made, made.application, is_open=False)
        self.cookies = httpx.Cookies()

    def get(self, path: str, base: str = BASE, accept: str = "text/html") -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._application, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url=base, cookies=self.cookies
            ) as client:
                response = await client.get(path, headers={"accept": accept})
                self.cookies = client.cookies
                return response

        return asyncio.run(sent())

    def begin(self) -> str:
        """Return where it is sent to log in."""
        response = self.get("/login/issuer")
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def done(self, brought: dict[str, str]) -> httpx.Response:
        return self.get(f"/login/done?{encoded(brought)}")


@pytest.fixture(autouse=True)
def at_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.dashboard.routes.session.time", lambda: T0)


@pytest.fixture
def issuer() -> Iterator[OidcIssuer]:
    with oidc_issuer() as made:
        yield made


@pytest.fixture
def browser(tmp_path: Path, issuer: OidcIssuer) -> Browser:
    return Browser(tmp_path, issuer)


def test_who_logs_in_at_the_issuer_sees_the_page(browser: Browser, issuer: OidcIssuer) -> None:
    form = browser.get("/login")
    assert 'href="/login/issuer"' in form.text
    assert issuer.url.removeprefix("http://") in form.text

    response = browser.done(issuer.log_in(browser.begin()))

    assert (response.status_code, 'content="0; url=/"' in response.text) == (200, True)
    assert SESSION in browser.cookies
    assert ATTEMPT not in browser.cookies
    page = browser.get("/")
    assert (
        page.status_code,
        '<meta name="may" content="alerts:ack">' in page.text,
    ) == (200, True)
    session = browser.get("/session", accept="*/*").json()
    assert (session["name"], session["scopes"]) == ("ada", ["alerts:ack", "read"])


def test_the_cookies_are_of_this_host_alone_where_there_is_tls(browser: Browser) -> None:
    begun = browser.get("/login/issuer", "https://dashboard.example.org")

    cookie = begun.headers["set-cookie"]
    assert cookie.startswith("__Host-login=")
    assert cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    assert begun.headers["cache-control"] == "no-store"


def test_a_login_of_another_browser_is_none_of_this_one(
    tmp_path: Path, browser: Browser, issuer: OidcIssuer
) -> None:
    other = Browser(tmp_path, issuer)
    brought = issuer.log_in(other.begin())
    browser.begin()

    response = browser.done(brought)

    assert (response.status_code, "not begun here" in response.text) == (400, True)
    assert SESSION not in browser.cookies


def test_a_response_to_nothing_logs_nobody_in(browser: Browser, issuer: OidcIssuer) -> None:
    brought = issuer.log_in(browser.begin())
    browser.cookies.clear()

    response = browser.done(brought)

    assert (response.status_code, "begun elsewhere" in response.text) == (400, True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"code": "guessed"}, "took the login back"),
        ({"iss": "https://evil.example"}, "of another issuer"),
        ({"state": "é"}, "not begun here"),
    ],
)
def test_a_response_that_was_changed_logs_nobody_in(
    browser: Browser, issuer: OidcIssuer, changed: dict[str, str], sentence: str
) -> None:
    response = browser.done(issuer.log_in(browser.begin(), **changed))

    assert (response.status_code, sentence in response.text) == (400, True)
    assert SESSION not in browser.cookies
    assert ATTEMPT not in browser.cookies


def test_who_changes_their_mind_gets_the_form(browser: Browser, issuer: OidcIssuer) -> None:
    brought = issuer.log_in(browser.begin())

    response = browser.done({"error": "access_denied", "state": brought["state"]})

    assert (response.status_code, "did not log you in" in response.text) == (400, True)


def test_a_code_counts_once(browser: Browser, issuer: OidcIssuer) -> None:
    address = browser.begin()
    kept = httpx.Cookies(browser.cookies)
    brought = issuer.log_in(address)
    assert browser.done(brought).status_code == 200
    browser.cookies = kept

    assert browser.done(brought).status_code == 400


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"nonce": "of another login"}, 400),
        ({"nonce": None}, 400),
        ({"nonce": "\ud800"}, 400),
        ({"aud": "another client"}, 401),
        ({"groups": ["strangers"]}, 403),
        ({"exp": 1}, 401),
    ],
)
def test_a_token_that_is_not_good_here_opens_nothing(
    browser: Browser, issuer: OidcIssuer, claims: dict[str, Any], status: int
) -> None:
    issuer.claims |= claims

    response = browser.done(issuer.log_in(browser.begin()))

    assert response.status_code == status
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<html>", 503),
        (b"null", 503),
        (b"[]", 503),
        (b"{}", 400),
        (b'{"id_token": 7}', 400),
        (b'{"id_token": "x"}', 400),
        (b'{"id_token": "x.!.y"}', 400),
        (b'{"id_token": "x.W10.y"}', 400),
    ],
)
def test_an_issuer_that_talks_nonsense_opens_nothing(
    browser: Browser, issuer: OidcIssuer, content: bytes, status: int
) -> None:
    issuer.responds = content

    response = browser.done(issuer.log_in(browser.begin()))

    assert (response.status_code, "set-cookie" in response.headers) == (status, True)
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://clear.example/token"},
        {"authorization_endpoint": None},
    ],
)
def test_an_issuer_that_says_what_cannot_be_is_not_asked_further(
    browser: Browser, issuer: OidcIssuer, says: dict[str, Any]
) -> None:
    issuer.says = says

    response = browser.get("/login/issuer")

    assert (response.status_code, "Not possible now" in response.text) == (503, True)


def test_while_the_issuer_is_away_the_form_still_takes_tokens(tmp_path: Path) -> None:
    with oidc_issuer() as issuer:
        browser = Browser(tmp_path, issuer)
        brought = issuer.log_in(browser.begin())

    browser.now += KEPT_S
    assert browser.get("/login/issuer").status_code == 503
    assert browser.done(brought).status_code == 503
    assert browser.get("/login").status_code == 200


def test_what_the_issuer_says_of_itself_is_asked_for_each_five_minutes(
    browser: Browser, issuer: OidcIssuer
) -> None:
    for now in (0.0, KEPT_S - 1, KEPT_S, KEPT_S + 1):
        browser.now = now
        browser.begin()

    assert len(issuer.asked) == 2


def test_without_an_issuer_there_is_no_such_login() -> None:
    assert "/login/issuer" not in send_to_tokens_alone("GET", "/login").text
    for path in ("/login/issuer", "/login/done?code=x"):
        response = send_to_tokens_alone("GET", path)
        assert (response.status_code, "OIDC_ISSUER" in response.json()["detail"]) == (404, True)


@pytest.mark.parametrize("kept", ["", "a.b", "a.b.c.d", "..", "a..c"])
def test_a_cookie_of_no_login_is_none(kept: str) -> None:
    assert LoginAttempt.of({ATTEMPT: kept}, "localhost") is None
    assert LoginAttempt.of({ATTEMPT: "a.b.c"}, "example.org") is None
