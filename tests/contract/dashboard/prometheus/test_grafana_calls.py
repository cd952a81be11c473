"""The calls of Grafana's own Prometheus source, as its code makes them, answered to the byte.

Its newest version posts forms for queries, labels and series, and gets the rest. Files of
grafana/grafana: pkg/promlib, packages/grafana-prometheus, pkg/services/ngalert/api/lotex_prom.go.
"""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import pytest

from functions.dashboard.prometheus.catalogue import HELP
from shared.mongo.collections import ALERTS, DEVICES, VIEWS
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, device, episode, view

pytestmark = pytest.mark.database
API: Final = "/prometheus/api/v1"
T: Final = int(NOON.timestamp())
SPAN: Final = {"start": f"{T - 3600}", "end": f"{T + 3600}"}
NAMES: Final = ["lux", *(f"lux:{one}" for one in ("count", "max", "min", "p50", "p95", "sum"))]
POSTED: Final = [
    (  # the test of a source
        "query",
        {"query": "1+1", "time": "4"},
        '{"resultType":"scalar","result":[4,"2"]}',
    ),
    (  # a stat, a gauge, a table, a rule of Grafana's own alerting
        "query",
        {"query": "last_over_time(lux[1h])", "time": f"{T + 90}.123", "timeout": "30s"},
        (
            '{"resultType":"vector","result":[{"metric":{"__name__":"lux","device_id":"oven"},'
            f'"value":[{T + 90}.123,"20.5"]}}]}}'
        ),
    ),
    (  # a panel with a curve
        "query_range",
        {"query": 'max by(device_id) (lux{device_id=~"oven|x"})', "step": "60"}
        | {"start": f"{T}", "end": f"{T + 120}"},
        (
            '{"resultType":"matrix","result":[{"metric":{"device_id":"oven"},'
            f'"values":[[{T},"20.5"],[{T + 60},"20.5"]]}}]}}'
        ),
    ),
    (  # annotations
        "query_range",
        {"query": "ALERTS", "step": "60", "start": f"{T}", "end": f"{T + 60}"},
        (
            '{"resultType":"matrix","result":[{"metric":{"__name__":"ALERTS",'
            '"alertname":"temperature_c_high","alertstate":"firing","device_id":"boiler",'
            f'"sensor":"temperature_c","severity":"warning"}},"values":[[{T + 60},"1"]]}}]}}'
        ),
    ),
    ("query_exemplars", {"query": "test", **SPAN}, "[]"),
    (
        "labels",
        {"match[]": '{__name__=~"lux.*",}', "limit": "40000", **SPAN},
        '["__name__","device_id"]',
    ),
    (  # the metrics browser
        "series",
        {"match[]": '{__name__="lux"}', "limit": "40000", **SPAN},
        '[{"__name__":"lux","device_id":"oven"}]',
    ),
]
GOT: Final = [
    (  # the metric picker
        "label/__name__/values",
        {"limit": "40000", "match[]": '{__name__=~".*lu.*"}', **SPAN},
        '["' + '","'.join(NAMES) + '"]',
    ),
    ("label/device_id/values", {"match[]": "lux", **SPAN}, '["oven"]'),
    ("label/device_id/values", {"match[]": 'lux{device_id!="oven"}', **SPAN}, "[]"),
    (
        "metadata",
        {"limit": "1", "metric": "lux"},
        f'{{"lux":[{{"type":"gauge","help":"{HELP[""]}","unit":""}}]}}',
    ),
]


@pytest.fixture
def filled(empty: DashboardClient) -> DashboardClient:
    """Return a dashboard with two windows of one sensor, and an alert that is open."""
    empty.store(DEVICES, [device("oven", 0)])
    empty.store(VIEWS, [view("oven", "lux", minute) for minute in (0, 1)])
    empty.store(ALERTS, [episode(1, until=NOON + timedelta(hours=1))])
    return empty


@pytest.mark.parametrize(("path", "form", "data"), POSTED)
def test_what_it_posts(filled: DashboardClient, path: str, form: dict[str, str], data: str) -> None:
    posted = filled.post_form(f"{API}/{path}", form)

    assert posted.headers["content-type"] == "application/json"
    assert posted.text == f'{{"status":"success","data":{data}}}'


@pytest.mark.parametrize(("path", "query", "data"), [*POSTED, *GOT])
def test_what_it_gets(filled: DashboardClient, path: str, query: dict[str, str], data: str) -> None:
    """What is posted it also gets, where a proxy refuses to let it post."""
    got = filled.get(f"{API}/{path}?{urlencode(query)}")

    assert got.text == f'{{"status":"success","data":{data}}}'


def test_a_source_with_every_series_in_the_metrics_browser(filled: DashboardClient) -> None:
    found = filled.post_form(f"{API}/series", {"match[]": '{__name__!=""}', **SPAN}).json()["data"]

    assert {one["__name__"] for one in found} == {*NAMES, "ALERTS"}


def test_open_alerts_and_rules_are_what_an_alert_list_shows(filled: DashboardClient) -> None:
    (alert,) = filled.get(f"{API}/alerts").json()["data"]["alerts"]
    rules = filled.get(f"{API}/rules").json()["data"]

    assert alert["state"] == "firing"
    assert alert["labels"]["device_id"] == "boiler"
    assert rules == {"groups": []}
