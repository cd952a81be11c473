"""A function of events that asks who delivers them."""

import asyncio
from importlib import import_module
from pathlib import Path

import pytest

from shared.auth.verifier import Verifier
from shared.serving.function import HttpFunction
from shared.serving.http import HttpRequest, HttpResponse
from shared.serving.verified_events import VerifiedFunction
from shared.settings import SettingsError
from tests.support.asgi_client import ask
from tests.support.credentials import T0, SigningKey, auth_folder

KEY = SigningKey("k1", "RS256")
SOURCE = "system:serviceaccount:telemetry:raw-to-alert-oidc"
EVENTING = {
    "name": "eventing",
    "keys": [KEY],
    "scopes": ["events"],
    "subjects": ["system:serviceaccount:telemetry:*"],
}


class Keeps:
    """A function that keeps what reaches it."""

    name = "keeps"

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def open(self) -> None:
        self.calls.append("open")

    async def close(self) -> None:
        self.calls.append("close")

    def not_ready(self) -> str | None:
        return "no database"

    async def respond(self, _request: HttpRequest) -> HttpResponse:
        self.calls.append("event")
        return HttpResponse(204)


def verified(folder: Path, function: HttpFunction, **changes: object) -> VerifiedFunction:
    issuer = {name: v for name, v in {**EVENTING, **changes}.items() if v is not None}
    return VerifiedFunction(function, Verifier(auth_folder(folder, [issuer]), now=lambda: T0))


def status_of(function: VerifiedFunction, token: str | None) -> int:
    headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    return asyncio.run(function.respond(HttpRequest("POST", "/", headers, b""))).status


def test_an_event_of_a_source_with_its_token_reaches_the_function(tmp_path: Path) -> None:
    function = Keeps()

    assert status_of(verified(tmp_path, function), KEY.token(sub=SOURCE)) == 204
    assert function.calls == ["event"]


@pytest.mark.parametrize(
    "token",
    [
        None,
        "x",
        KEY.token(sub="system:serviceaccount:web:shop"),
        KEY.token(sub=SOURCE, aud="another-sink"),
        KEY.token(sub=SOURCE, exp=1),
    ],
    ids=["none", "no token", "another account", "another audience", "expired"],
)
def test_nobody_else_reaches_it(tmp_path: Path, token: str | None) -> None:
    function = Keeps()

    assert status_of(verified(tmp_path, function), token) == 401
    assert function.calls == []


def test_a_token_without_the_scope_does_not_either(tmp_path: Path) -> None:
    function = verified(tmp_path, Keeps(), scopes=["ingest", "admin"])

    assert status_of(function, KEY.token(sub=SOURCE)) == 403


def test_while_keys_are_out_of_reach_the_source_is_to_try_again(tmp_path: Path) -> None:
    """A 401 would be a dead letter."""
    function = verified(tmp_path, Keeps(), keys=None, jwks_url="http://localhost:1/keys")

    assert status_of(function, KEY.token(sub=SOURCE)) == 503


def test_it_lives_as_long_as_the_function(tmp_path: Path) -> None:
    function = Keeps()
    verifying = verified(tmp_path, function)

    async def lived() -> None:
        await verifying.open()
        await verifying.close()

    asyncio.run(lived())

    assert function.calls == ["open", "close"]
    assert (verifying.name, verifying.not_ready()) == ("keeps", "no database")


@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_each_function_of_events_verifies_where_the_setting_names_a_file(
    tmp_path: Path, name: str
) -> None:
    create = import_module(f"functions.{name}.app").create
    file = auth_folder(tmp_path, [EVENTING])

    closed, as_ever = create({"EVENTS_AUTH_FILE": str(file)}), create({})

    assert ask(closed, "POST", "/", [], [b"x"]).status == 401
    assert ask(closed, "GET", "/health").json()["access"] == "closed"
    assert "access" not in ask(as_ever, "GET", "/health").json()
    assert ask(as_ever, "POST", "/", [], [b"x"]).status in (422, 503)


@pytest.mark.parametrize("name", ["aggregate", "alert", "dlq"])
def test_a_wrong_file_stops_the_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"^EVENTS_AUTH_FILE="):
        import_module(f"functions.{name}.app").create({"EVENTS_AUTH_FILE": str(tmp_path / "x")})
