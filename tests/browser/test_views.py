"""Every view, as people see it and use it: widths, schemes, keys, filters, curves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from shared.mongo.collections import DEVICES
from tests.browser.fleet_data import HOSTILE, POSITIONS, fill, seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Dashboard

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
VIEWS = [
    "fleet",
    "devices",
    "device&device=boiler-1",
    "map",
    "alerts&show=all",
    "letters",
    "pipeline",
]


@pytest.fixture
def filled(dashboard: Dashboard) -> Dashboard:
    fill(dashboard.stored)
    return dashboard


def is_live(page: Any) -> None:
    page.wait_for_selector("#state.live", timeout=15_000)


def test_every_view_fits_every_width_in_both_schemes(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    too_wide, failed = [], []
    for scheme in ("light", "dark"):
        page = open_page(f"{filled.url}/", scheme=scheme)
        for width in (320, 800, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            for view in VIEWS:
                page.goto(f"{filled.url}/?view={view}")
                is_live(page)
                shown = page.evaluate("document.documentElement.scrollWidth")
                too_wide += [(view, width, shown)] if shown > width else []
                failed += [page.text_content("#failure")]

    assert too_wide == []
    assert set(failed) == {""}


def test_the_fleet_is_counted(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/")
    is_live(page)

    tiles = page.inner_text("#fleet-tiles")
    assert "33 of 34" in tiles
    assert page.locator("#wall a.alerting").count() == 2
    assert page.locator("#wall a.stale").get_attribute("aria-label") == "boiler-2: stale"
    assert page.locator("#wall li").count() == 34


def test_names_and_messages_of_strangers_are_text(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=alerts")
    is_live(page)
    alerts = page.inner_text("#alert-rows")
    page.goto(f"{filled.url}/?view=letters")
    is_live(page)
    letters = page.inner_text("#letter-rows")

    assert HOSTILE in alerts
    assert letters.count(HOSTILE) == 2
    assert page.locator("main img, main b").count() == 0
    assert page.title() == "Dead letters · IoT telemetry"


def test_devices_are_searched_as_one_types_and_the_url_says_so(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=devices")
    is_live(page)

    page.fill("#devices-form [name=search]", "BOIL")
    page.wait_for_function("() => document.querySelectorAll('#device-rows tr').length === 2")
    page.reload()
    is_live(page)

    assert "search=BOIL" in page.url
    assert page.input_value("#devices-form [name=search]") == "BOIL"
    assert page.locator("#device-rows .stale").count() == 2  # the badge, and the values


def test_pages_of_devices_go_on_and_back(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/?view=devices&order=device_id")
    is_live(page)
    first = page.locator("#device-rows tr a").all_inner_texts()
    page.click("#devices-next")
    page.wait_for_function("() => document.querySelectorAll('#device-rows tr').length === 14")
    rest = page.locator("#device-rows tr a").all_inner_texts()
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('#device-rows tr').length === 20")

    assert len({*first, *rest}) == 34
    assert page.locator("#device-rows tr a").all_inner_texts() == first


def test_a_curve_is_zoomed_by_a_drag_and_back_by_a_double_click(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=device&device=boiler-1")
    page.wait_for_selector(".u-over")
    is_live(page)
    assert page.locator(".chart").count() == 2
    box = page.locator(".u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 50, steps=5)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('from=')")
    zoomed = page.url
    page.wait_for_function(
        "() => document.getElementById('charts-note').textContent.includes('each')"
    )
    page.wait_for_timeout(1_000)
    page.locator(".u-over").first.dblclick()
    page.wait_for_function("() => !location.search.includes('from=')")

    assert re.search(r"from=\d{4}-", zoomed)
    assert re.search(r"to=\d{4}-", zoomed)


def test_one_crosshair_goes_through_all_curves(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=device&device=boiler-1")
    page.wait_for_selector(".u-over")
    is_live(page)
    page.locator(".u-over").first.hover()
    page.wait_for_timeout(300)

    shown = page.locator(".u-cursor-x").evaluate_all(
        "lines => lines.map(line => getComputedStyle(line).transform)"
    )
    assert len(shown) == 2
    assert shown[0] == shown[1] != "none"


def test_a_gap_in_a_curve_has_no_line(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/")
    query = "sensor=temperature_c&from=-1h"
    points = page.evaluate(
        f"fetch('/devices/boiler-1/series?{query}').then(r => r.json())"
        ".then(found => found.series[0].points.filter(one => one.average === null).length)"
    )

    assert points == 1


def test_without_charts_there_are_tables_and_the_page_says_so(
    make_dashboard: Callable[..., Dashboard], open_page: Callable[..., Any]
) -> None:
    bare = make_dashboard(CHARTS_FOLDER="/nowhere")
    fill(bare.stored)

    page = open_page(f"{bare.url}/?view=device&device=boiler-1")
    page.wait_for_selector("#charts table")

    assert "Charts are not installed here" in page.inner_text("#charts-note")
    assert page.locator("#charts table").count() == 2


def test_it_is_used_with_keys_alone(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{filled.url}/")
    is_live(page)
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view-devices:not([hidden])")

    assert skip == "Skip to the content"
    assert page.evaluate("document.activeElement.id") == "devices-title"
    assert page.locator("#views [aria-current=page]").inner_text() == "Devices"


def test_times_are_in_utc_or_in_the_zone_of_the_browser(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=pipeline", timezone_id="Asia/Kathmandu")
    is_live(page)
    utc = page.locator("#window-rows time").first.inner_text()
    page.click("#zone")
    page.wait_for_function(
        f"() => document.querySelector('#window-rows time').textContent !== '{utc}'"
    )
    local = page.locator("#window-rows time").first.inner_text()
    page.reload()
    is_live(page)

    assert (int(local[14:16]) - int(utc[14:16])) % 60 == 45
    assert "Kat" in page.inner_text("#zone")
    assert page.locator("#window-rows time").first.inner_text() == local


def test_no_view_has_what_axe_finds_fault_with(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    found = []
    for scheme in ("light", "dark"):
        page = open_page(f"{filled.url}/", scheme=scheme)
        for view in VIEWS:
            page.goto(f"{filled.url}/?view={view}")
            is_live(page)
            violations = Axe().run(page).response["violations"]
            found += [
                (scheme, view, one["id"], one["nodes"][0]["html"][:120]) for one in violations
            ]

    assert found == []


def test_nothing_is_asked_of_another_host(filled: Dashboard, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank")
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    for view in VIEWS:
        page.goto(f"{filled.url}/?view={view}")
        is_live(page)

    assert {url for url in asked if not url.startswith(f"{filled.url}/")} == set()
    assert len(asked) > len(VIEWS)


def test_devices_are_on_the_map_and_a_click_leads_to_them(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=map")
    page.wait_for_url(re.compile("bbox="))
    page.wait_for_selector("#map-rows a")
    is_live(page)
    rows = page.locator("#map-rows tr").all_inner_texts()
    box = page.locator("#map").bounding_box()
    west, south, east, north = (float(edge) for edge in _bbox(page.url))
    lat, lon = POSITIONS["boiler-2"]
    x = box["x"] + (lon - west) / (east - west) * box["width"]
    page.mouse.click(x, box["y"] + (north - lat) / (north - south) * box["height"])
    page.wait_for_selector("#view-device:not([hidden])")

    assert len(rows) == len(POSITIONS)
    assert any("alerting" in row for row in rows)
    assert page.inner_text("#device-title") == "boiler-2"


def test_devices_at_one_place_are_named_and_a_click_leads_to_their_names(
    dashboard: Dashboard, open_page: Callable[..., Any]
) -> None:
    dashboard.stored[DEVICES].insert_many([seen(f"rack-{n}", at=(47.4, 8.5)) for n in range(3)])
    page = open_page(f"{dashboard.url}/?view=map")
    page.wait_for_selector("#map-rows a")
    page.wait_for_url(re.compile("bbox="))
    is_live(page)
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.activeElement.textContent === 'rack-0'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view-device:not([hidden])")

    assert page.inner_text("#device-title") == "rack-0"


def test_the_map_is_moved_by_keys_and_shows_the_same_after_a_reload(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=map&bbox=-10,30,30,60")
    page.wait_for_selector("#map-rows a")
    page.focus("#map")
    page.keyboard.press("+")
    page.wait_for_function("() => !location.search.includes('-10')")
    nearer = [float(edge) for edge in _bbox(page.url)]
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => !decodeURIComponent(location.search).includes('{nearer[0]:g}')")
    moved = [float(edge) for edge in _bbox(page.url)]
    page.reload()
    page.wait_for_selector("#map-rows")

    assert moved[0] > nearer[0] > -10
    assert [float(edge) for edge in _bbox(page.url)] == moved


def _bbox(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query)["bbox"][0].split(",")


def test_the_last_day_of_a_device_says_when_it_was_silent(
    filled: Dashboard, open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{filled.url}/?view=device&device=boiler-1")
    page.wait_for_selector("#day svg")

    assert "Silent for 23 h in all" in page.inner_text("#day")
    assert page.locator("#day rect.heard").count() == 2
    assert page.locator("#day rect.alerted").count() == 1


def test_ten_thousand_devices_are_a_page_as_small_as_a_few(
    dashboard: Dashboard, open_page: Callable[..., Any]
) -> None:
    dashboard.stored[DEVICES].insert_many(
        [
            seen(f"sensor-{n:05}", n % 600, at=(n % 100 - 50.0, n % 317 - 158.0))
            for n in range(10_000)
        ]
    )
    nodes = {}
    for view in ("fleet", "devices", "map"):
        page = open_page(f"{dashboard.url}/?view={view}")
        is_live(page)
        nodes[view] = page.evaluate("document.querySelectorAll('*').length")
        assert page.text_content("#failure") == ""

    assert page.inner_text("#map-note").startswith("10,000")
    assert max(nodes.values()) < 2_500, nodes
