"""What the settings make of ingest."""

import json

import pytest

from functions.ingest.app import create
from shared.settings import SettingsError
from tests.support.asgi_client import ask
from tests.support.readings import posted

PAGE = ("origin", "https://app.example.org")
PREFLIGHT = [PAGE, ("access-control-request-method", "POST")]


def test_a_page_of_another_origin_may_post_where_the_setting_names_it() -> None:
    application = create({"CORS_ORIGINS": PAGE[1]})

    seen = ask(application, "OPTIONS", "/ingest", PREFLIGHT)

    assert seen.status == 204
    assert seen.headers["access-control-allow-origin"] == PAGE[1]
    assert seen.headers["access-control-allow-methods"] == "POST"
    assert "content-type" in seen.headers["access-control-allow-headers"]


def test_a_page_can_read_why_its_request_is_refused() -> None:
    seen = ask(create({"CORS_ORIGINS": PAGE[1]}), "POST", "/ingest", [PAGE], [b"{"])

    assert (seen.status, seen.headers["access-control-allow-origin"]) == (400, PAGE[1])


@pytest.mark.parametrize("origins", ["", "https://other.example.org"])
def test_other_pages_may_not(origins: str) -> None:
    seen = ask(create({"CORS_ORIGINS": origins}), "OPTIONS", "/ingest", PREFLIGHT)

    assert "access-control-allow-origin" not in seen.headers


@pytest.mark.parametrize(("earliest", "refused"), [("", True), ("2025-12-30T00:00:00Z", False)])
def test_the_first_time_of_a_reading_is_a_setting(earliest: str, refused: bool) -> None:  # noqa: FBT001 - what a case expects
    body = json.dumps(posted(ts="2025-12-31T00:00:00Z", temperature_c="x")).encode()

    seen = ask(create({"EARLIEST_TS": earliest}), "POST", "/ingest", [], [body])

    assert ("too_old_ts" in {one["reason"] for one in seen.json()["errors"]}) == refused


@pytest.mark.parametrize("value", ["yesterday", "2026-01-01", "1999-12-31T23:59:59Z", "0"])
def test_a_first_time_that_is_none_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match="EARLIEST_TS="):
        create({"EARLIEST_TS": value})
