import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from functions.dashboard.application import DashboardFunction
from functions.dashboard.routes import page
from shared.settings import DashboardSettings
from tests.support.asgi_client import ask
from tests.unit.functions.dashboard.conftest import NoDatabase

Get = Callable[..., httpx.Response]
Send = Callable[..., httpx.Response]
FOLDER = Path(page.__file__).parents[1] / "assets"
FILES = sorted(one.name for one in FOLDER.iterdir() if one.suffix != ".html")
ASSETS = [f"/assets/{name}" for name in FILES]
SCRIPTS = [path for path in ASSETS if path.endswith(".js") and not path.endswith("/login.js")]
MODULES = [path for path in SCRIPTS if not path.endswith("/page.js")]
MOST_BYTES = 250 * 1024


def test_a_client_gets_a_message(get: Get) -> None:
    response = get("/")

    assert list(response.json()) == ["message"]


def test_a_browser_gets_the_page_though_the_database_is_away(get: Get) -> None:
    response = get("/", accept="text/html,application/xhtml+xml,*/*;q=0.8")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "accept, cookie"


def test_the_page_has_neither_script_nor_style_of_its_own(get: Get) -> None:
    """Its content security policy would refuse them."""
    text = get("/", accept="text/html").text

    assert not re.search(r"<style|style=|<script>|\son\w+=|javascript:", text)


@pytest.mark.parametrize("path", ["/", *ASSETS])
def test_nothing_is_loaded_from_another_host(get: Get, path: str) -> None:
    text = get(path, accept="text/html").text.replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"""(src|href|url|import)\s*[=(]?\s*["']?(https?:)?//""", text)


@pytest.mark.parametrize("path", SCRIPTS)
def test_the_script_sets_names_as_text_only(get: Get, path: str) -> None:
    script = get(path).raise_for_status().text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_every_file_that_the_page_names_is_there(get: Get) -> None:
    text = get("/", accept="text/html").text

    scripts = "".join(get(path).text for path in SCRIPTS)
    named = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', text))
    assert named == {*ASSETS} - {*MODULES} - {"/assets/login.js", "/assets/land.svg"}
    assert '"/assets/land.svg"' in scripts
    assert set(re.findall(r'from "(/assets/[^"]+)"', scripts)) == set(MODULES)


def test_the_page_is_small_with_the_charts() -> None:
    charts = 49_672 + 1_857  # uPlot 1.6.30, as local-dev/chart-jars.lock has it

    assert sum((FOLDER / name).stat().st_size for name in [*FILES, "index.html"]) + charts < (
        MOST_BYTES
    )


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_a_module_does_one_thing(name: str) -> None:
    assert len((FOLDER / name).read_text().splitlines()) <= 200


def dashboard_with_charts(folder: Path) -> DashboardFunction:
    return DashboardFunction(NoDatabase(), 60, DashboardSettings(charts_folder=str(folder)))


def test_charts_are_served_from_where_they_are_unpacked(tmp_path: Path) -> None:
    (tmp_path / "uPlot.min.css").write_text(".uplot {}")
    application = dashboard_with_charts(tmp_path).application

    seen = ask(application, "GET", "/assets/charts/uPlot.min.css")

    assert (seen.status, seen.body) == (HTTPStatus.OK, b".uplot {}")
    assert seen.headers["content-type"].startswith("text/css")
    assert seen.headers["cache-control"] == "max-age=86400"


@pytest.mark.parametrize("name", ["uPlot.iife.min.js", "LICENSE", "..", "%2e%2e%2fsecret"])
def test_what_is_not_unpacked_or_no_file_of_uplot_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "LICENSE").write_text("MIT")
    (tmp_path / "secret").write_text("secret")
    application = dashboard_with_charts(tmp_path / "charts").application

    assert ask(application, "GET", f"/assets/charts/{name}").status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "path", ["/assets/main.py", "/assets/", "/assets/index.html", "/assets/%2e"]
)
def test_nothing_else_is_a_file_of_the_page(get: Get, path: str) -> None:
    assert get(path).status_code == 404


@pytest.mark.parametrize("path", ASSETS)
def test_a_file_says_what_it_is(get: Get, path: str) -> None:
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

    media_type = get(path).headers["content-type"].partition(";")[0]

    assert media_type == types[path.rpartition(".")[2]]


def test_of_an_open_dashboard_everybody_is_an_operator(send: Send) -> None:
    text = send("GET", "/", {"accept": "text/html"}).text

    assert '<meta name="may" content="alerts:ack dlq:redrive">' in text


@pytest.mark.parametrize("path", ["/", *ASSETS, "/stats", "/nope"])
def test_every_response_protects_a_browser(get: Get, path: str) -> None:
    headers = get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/openapi.json", *ASSETS])
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_a_client_has_already_is_not_sent_again(
    send: Send, path: str, accept: str, method: str
) -> None:
    first = send(method, path, {"accept": accept})
    again = send(method, path, {"accept": accept, "if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""
    assert "content-type" not in again.headers
    names = ("etag", "cache-control", "vary", "content-security-policy")
    assert [again.headers.get(name) for name in names] == [first.headers.get(n) for n in names]


@pytest.mark.parametrize("given", ["*", "W/{}", '"x", {}', '"x",W/{} , "y"'])
def test_a_tag_is_found_among_several_and_compared_weakly(send: Send, given: str) -> None:
    tag = send("GET", "/assets/page.js").headers["etag"]

    headers = {"if-none-match": given.replace("{}", tag)}
    assert send("GET", "/assets/page.js", headers).status_code == 304


def test_tags_in_several_lines_are_one_list(send: Send) -> None:
    tag = send("GET", "/assets/page.js").headers["etag"]

    headers = [(b"if-none-match", b'"x"'), (b"if-none-match", tag.encode())]
    assert send("GET", "/assets/page.js", headers).status_code == 304


@pytest.mark.parametrize("given", ["", '"x"', "W/", '"', "\xe9", "x" * 9_000])
def test_any_other_tag_gets_the_content(send: Send, given: str) -> None:
    headers = [(b"if-none-match", given.encode("latin-1"))]
    assert send("GET", "/assets/page.js", headers).status_code == 200


def test_a_browser_and_another_client_get_different_tags(get: Get) -> None:
    assert get("/").headers["etag"] != get("/", accept="text/html").headers["etag"]


def test_the_page_says_where_readings_go(send: Send) -> None:
    url = "https://data.example.org/in"

    text = send("GET", "/", {"accept": "text/html"}, ingest_url=url).text

    assert f'<meta name="ingest-url" content="{url}">' in text


def test_the_page_finds_out_itself_where_readings_go_unless_it_is_told(get: Get) -> None:
    assert '<meta name="ingest-url" content="">' in get("/", accept="text/html").text


def test_the_page_links_to_nothing_that_the_public_does_not_get(get: Get) -> None:
    assert "/metrics" not in get("/", accept="text/html").text


def test_docs_lead_to_the_description(get: Get) -> None:
    response = get("/docs")

    assert response.headers["location"] == "/openapi.json"


def test_the_description_names_every_route(get: Get) -> None:
    paths = get("/openapi.json").json()["paths"]

    assert set(paths) == {
        "/", "/telemetry", "/aggregated", "/alerts", "/alerts/recent", "/devices",
        "/devices/{device_id}/telemetry", "/devices/{device_id}/aggregates", "/stats",
        "/dead-letters", "/receipts/{reading_id}", "/alerts/{alert_id}", "/alerts/acknowledge",
        "/alerts/{alert_id}/acknowledge", "/alerts/{alert_id}/unacknowledge", "/silences",
        "/alerts/{alert_id}/explain",
        "/silences/{silence_id}", "/session", "/events", "/fleet",
        "/dead-letters/causes", "/dead-letters/redrive", "/map",
        "/series", "/devices/{device_id}/series",
        "/devices/{device_id}/telemetry/export",
    }  # fmt: skip


def test_the_description_promises_problems_and_not_the_frameworks_errors(get: Get) -> None:
    description = get("/openapi.json")

    assert "HTTPValidationError" not in description.text
    responses = description.json()["paths"]["/telemetry"]["get"]["responses"]
    assert set(responses) == {"200", "400", "401", "403", "422", "503"}


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/stats", "/stats", "503"),
        ("/v1/stats", "/stats", "503"),
        ("/devices/somebody/telemetry", "/devices/{device_id}/telemetry", "503"),
        ("/telemetry?limit=0", "/telemetry", "422"),
        ("/somebody", "none", "404"),
    ],
)
def test_a_request_is_counted_by_its_route_and_never_by_its_path(
    get: Get, path: str, route: str, status: str
) -> None:
    labels = {"route": route, "status": status}
    before = REGISTRY.get_sample_value("iot_dashboard_requests_total", labels) or 0

    get(path)

    assert REGISTRY.get_sample_value("iot_dashboard_requests_total", labels) == before + 1


def test_health_is_served_and_readiness_states_the_reason(get: Get) -> None:
    assert get("/health").json()["status"] == "ok"
    assert get("/health/ready").json()["detail"] == "the database has not answered yet"
