"""The map: devices that have told where they are, in cells."""

from typing import Any

import pytest

from functions.dashboard.queries import device_map
from shared.mongo.collections import ALERTS, DEVICES, Document
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, alert, device

pytestmark = pytest.mark.database


def at(device_id: str, lat: float, lon: float, **more: object) -> Document:
    position = {"_id": "0" * 44, "ts": NOON, "lat": lat, "lon": lon}
    return {**device(device_id, 0), "position": position, **more}


def cells(client: DashboardClient, query: str = "") -> list[dict[str, Any]]:
    found = client.get(f"/map{query}")
    assert found.status_code == 200, found.text
    rows: list[dict[str, Any]] = found.json()["data"]
    return rows


def test_devices_that_are_near_are_one_cell(empty: DashboardClient) -> None:
    empty.store(DEVICES, [at("zurich", 47.4, 8.5), at("chur", 46.9, 9.5), at("sydney", -33.9, 151)])

    swiss, sydney = cells(empty)

    assert (swiss["count"], swiss["device_ids"], swiss["stale"]) == (2, ["chur", "zurich"], 2)
    assert (swiss["lat"], swiss["lon"]) == (pytest.approx(47.15), pytest.approx(9.0))
    assert [swiss[edge] for edge in ("west", "south", "east", "north")] == [8.5, 46.9, 9.5, 47.4]
    assert (sydney["count"], sydney["device_ids"]) == (1, ["sydney"])


def test_a_part_of_the_earth_has_finer_cells_and_its_devices_alone(empty: DashboardClient) -> None:
    empty.store(DEVICES, [at("zurich", 47.4, 8.5), at("chur", 46.9, 9.5), at("sydney", -33.9, 151)])

    found = cells(empty, "?bbox=7,46,10,48")

    assert sorted(cell["device_ids"] for cell in found) == [["chur"], ["zurich"]]


def test_of_many_devices_at_one_place_the_first_are_named(empty: DashboardClient) -> None:
    empty.store(DEVICES, [at(f"rack-{n:02}", 47.4, 8.5) for n in range(30, 0, -1)])

    (found,) = cells(empty, "?bbox=8.4999,47.3999,8.5001,47.4001")

    assert found["count"] == 30
    assert found["device_ids"] == [f"rack-{n:02}" for n in range(1, device_map.MOST_NAMED + 1)]


def test_a_cell_says_how_many_of_its_devices_are_stale_and_alerting(empty: DashboardClient) -> None:
    empty.store(DEVICES, [at("a", 1, 1), at("b", 1, 1), at("c", 1, 1, last_ts=NOON.replace(2099))])
    empty.store(ALERTS, [alert(1, 0, device_id="b"), alert(2, 0, device_id="elsewhere")])

    (found,) = cells(empty)

    assert (found["count"], found["stale"], found["alerting"]) == (3, 2, 1)


def test_devices_that_have_not_told_where_they_are_are_on_no_map(empty: DashboardClient) -> None:
    empty.store(DEVICES, [device("a", 0)])
    empty.store(ALERTS, [alert(1, 0, device_id="a")])

    assert cells(empty) == []


def test_an_alerting_device_that_was_not_looked_at_is_in_no_cell(
    empty: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_map, "MOST_DEVICES", 1)
    empty.store(DEVICES, [at("a", -40, 1), at("b", 40, 1)])
    empty.store(ALERTS, [alert(1, 0, device_id="b")])

    found = empty.get("/map").json()

    assert (found["is_cut"], found["devices"]) == (True, 1)
    assert [cell["alerting"] for cell in found["data"]] == [0]


@pytest.mark.parametrize(
    "bbox", ["1,2,3", "a,b,c,d", "10,0,5,1", "0,10,1,5", "-181,0,0,1", "0,0,1,91", "0,0,nan,1"]
)
def test_what_is_no_part_of_the_earth_is_refused_by_its_name(
    empty: DashboardClient, bbox: str
) -> None:
    response = empty.get(f"/map?bbox={bbox}")

    assert response.status_code == 422
    assert "bbox" in response.text


def test_the_list_says_where_a_device_was_last(empty: DashboardClient) -> None:
    empty.store(DEVICES, [at("a", 47.4, 8.5), device("b", 0)])

    rows = {row["device_id"]: row["position"] for row in empty.rows("/devices")}

    assert rows == {"a": {"ts": "2026-01-31T12:00:00.000Z", "lat": 47.4, "lon": 8.5}, "b": None}
