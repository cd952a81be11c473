"""What the settings make of ingest."""

import gzip
import json
from pathlib import Path

import pytest

from functions.ingest.app import create, gate_of, options_of
from functions.ingest.function import IngestFunction
from shared.serving.held_bytes import HeldBytes
from shared.serving.whole_request import http_application
from shared.settings import IngestSettings, SettingsError, read
from tests.support.asgi_client import ask
from tests.support.credentials import SigningKey, auth_folder
from tests.support.ingest_device import Device
from tests.support.publisher import FakePublisher
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


def test_the_mappings_of_the_setting_s_file_are_beside_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "mappings.json"
    file.write_text('{"mappings": {"mine": {"device": "/id", "all_values": "/v"}}}')

    mappings = options_of(IngestSettings(ingest_mappings_file=str(file))).mappings()

    assert set(mappings) == {"mine", "ttn", "chirpstack", "telegraf"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "the file is not JSON"),
        ('{"mappings": {"mine": {}}}', "mappings.mine.device: Field required"),
    ],
)
def test_a_wrong_file_of_mappings_stops_the_start_by_the_setting_s_name(
    tmp_path: Path, content: str, reason: str
) -> None:
    file = tmp_path / "mappings.json"
    file.write_text(content)

    with pytest.raises(SettingsError, match=f"INGEST_MAPPINGS_FILE=.*{reason}"):
        create({"INGEST_MAPPINGS_FILE": str(file)})


def test_a_file_of_mappings_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"INGEST_MAPPINGS_FILE=.*No such file"):
        create({"INGEST_MAPPINGS_FILE": str(tmp_path / "none.json")})


def test_without_a_file_of_issuers_it_says_that_it_is_open() -> None:
    assert ask(create({}), "GET", "/health", []).json()["access"] == "open"


def test_with_a_file_of_issuers_it_is_closed(tmp_path: Path) -> None:
    issuer = {"name": "devices", "keys": [SigningKey("k1")], "scopes": ["ingest"]}
    application = create({"AUTH_FILE": str(auth_folder(tmp_path, [issuer]))})

    assert ask(application, "GET", "/health", []).json()["access"] == "closed"
    assert ask(application, "POST", "/ingest", [], [b"{}"]).status == 401


def test_where_a_credential_is_required_there_is_no_start_without_the_file() -> None:
    with pytest.raises(SettingsError, match="it would start open"):
        create({"AUTH_REQUIRED": "true"})


def test_a_limit_for_each_device_is_a_setting() -> None:
    application = create({"INGEST_RATE_PER_DEVICE": "2.5", "INGEST_BURST_PER_DEVICE": "10"})

    assert ask(application, "POST", "/ingest", [], [b"{"]).status == 400


@pytest.mark.parametrize("name", ["INGEST_RATE_PER_DEVICE", "INGEST_BURST_PER_DEVICE"])
def test_a_limit_that_is_none_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}="):
        create({name: "-1"})


def test_several_tags_may_name_the_device() -> None:
    settings = read(IngestSettings, {"INGEST_DEVICE_TAGS": "device, host"})

    assert options_of(settings).device_tags == ("device", "host")


def test_a_body_that_is_too_much_when_it_is_decoded_is_to_be_sent_again() -> None:
    """The bound is of bodies as they are when they wait for Kafka."""
    body = json.dumps([posted(device_id=f"d-{n}") for n in range(5_000)]).encode()
    coded, headers = gzip.compress(body), [("content-encoding", "gzip")]
    function = IngestFunction(FakePublisher(), "telemetry.raw", held=HeldBytes(6 * len(body)))

    refused = ask(http_application(function), "POST", "/ingest", headers, [coded])

    assert (refused.status, refused.json()["reason"]) == (503, "overloaded")


def test_what_is_held_is_given_back() -> None:
    held = HeldBytes(10)

    assert (held.take(7), held.take(4), held.free) == (True, False, 3)
    held.give_back(7)
    assert held.free == 10


@pytest.mark.parametrize(("rate", "status"), [("1", 429), ("0", 202)])
def test_a_limit_of_the_settings_holds_in_an_open_system_too(rate: str, status: int) -> None:
    environment = {"INGEST_RATE_PER_DEVICE": rate, "INGEST_BURST_PER_DEVICE": "1"}
    device = Device(gate=gate_of(None, read(IngestSettings, environment)))

    assert [device.posts(posted(id=f"{n}")).status for n in range(3)] == [202, status, status]
