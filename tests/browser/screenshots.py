"""Makes the pictures of docs/page.md anew: `local-dev/test tests/browser/screenshots.py`.

Not among the tests of a run: pytest takes it where it is named.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from shared.mongo.collections import ALERTS, DEAD_LETTERS, DEVICES, RAW, REFRESH, VIEWS
from tests.browser.fleet_data import now, opened, seen
from tests.contract.dashboard.documents import dead_letter, reading, view

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.conftest import Dashboard

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
SHOWN = ["fleet", "devices", "device&device=greenhouse-1", "map", "alerts", "letters", "pipeline"]
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
PLACES = [(47.4, 8.5), (52.5, 13.4), (48.9, 2.4), (41.9, 12.5), (59.3, 18.1), (40.4, -3.7)]
KINDS = ("greenhouse", "boiler", "pump", "office")
HOURS = 6


def test_each_view_in_both_schemes(dashboard: Dashboard, chromium: Browser, root: Path) -> None:
    fill_nicely(dashboard)
    folder = root / "docs" / "page"
    folder.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        page = chromium.new_page(viewport={"width": 960, "height": 660}, color_scheme=scheme)
        for shown in SHOWN:
            page.goto(f"{dashboard.url}/?view={shown}")
            page.wait_for_selector("#state.live")
            page.evaluate("document.getElementById('open').remove()")
            page.wait_for_timeout(1_500)
            name = f"{shown.partition('&')[0]}-{scheme}.jpg"
            page.screenshot(path=folder / name, type="jpeg", quality=62)


def fill_nicely(dashboard: Dashboard) -> None:
    """Store a fleet as people have it."""
    stored = dashboard.stored
    names = [
        f"{kind}-{n}" for kind in ("greenhouse", "boiler", "pump", "office") for n in range(40)
    ]
    stored[DEVICES].insert_many([_device(place, name) for place, name in enumerate(names, 1)])
    stored[RAW].insert_one(reading("greenhouse-1", 0))
    stored[VIEWS].insert_many(_curve("greenhouse-1"))
    stored[REFRESH].insert_one({"_id": "refresh/60s", "horizon": now() - timedelta(minutes=1)})
    for number, device_id in enumerate(["greenhouse-1", "boiler-7", "pump-12", "office-3"]):
        severity = "critical" if number % 3 == 1 else "warning"
        stored[ALERTS].insert_one(opened(number, device_id, severity=severity))
    for number in range(12):
        reason = "invalid_reading" if number % 3 else "too_late"
        letter = dead_letter(number, 0, reason=reason, cause="data", dead_lettered_at=now())
        stored[DEAD_LETTERS].insert_one(letter)


def _device(place: int, name: str) -> dict[str, Any]:
    lat, lon = PLACES[place % len(PLACES)]
    at = (lat + place % 7 / 5, lon + place % 11 / 4)
    values = {"temperature_c": 18 + place % 9 + 0.3, "humidity": 40 + place % 30}
    return seen(name, 4_000 if place % 29 == 0 else place % 50, at=at, **values)


def _curve(device_id: str) -> list[dict[str, Any]]:
    start = now().replace(second=0) - timedelta(hours=HOURS)
    rows = []
    for minute in range(HOURS * 60 - 1):
        if HOURS * 30 < minute < HOURS * 30 + 12:
            continue  # silent
        wave = math.sin(minute / 47) + math.sin(minute / 13) / 4
        for sensor, average, half in (
            ("temperature_c", 22 + 3 * wave, 0.6),
            ("humidity", 55 - 8 * wave, 2.0),
        ):
            edges = {"min": average - half, "max": average + half, "average": average}
            rows.append(
                {
                    **view(device_id, sensor, 0),
                    **edges,
                    "count": 60,
                    "sum": average * 60,
                    "_id": f"{device_id}/{sensor}/60s/{minute}",
                    "timestamp": start + timedelta(minutes=minute),
                }
            )
    return rows
