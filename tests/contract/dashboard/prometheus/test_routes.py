"""What Grafana, promtool and others ask of Prometheus' API, and what they get, to the byte."""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.mongo.collections import ALERTS, DEVICES, VIEWS
from tests.contract.dashboard.dashboard_client import DashboardClient
from tests.contract.dashboard.documents import NOON, device, episode, view
from tests.support.alerting import TICK, deliver
from tests.support.function_process import deployed, running

pytestmark = pytest.mark.database
API = "/prometheus/api/v1"
T = int(NOON.timestamp())


@pytest.fixture
def filled(empty: DashboardClient) -> DashboardClient:
    """Return a dashboard with windows of two devices, one of them with a gap."""
    empty.store(DEVICES, [device("boiler", 0), device("oven", 0)])
    views = [view("boiler", "temperature_c", minute) for minute in (0, 1, 3)]
    views += [view("oven", "temperature_c", 0), view("oven", "lux", 1)]
    empty.store(VIEWS, views)
    return empty


def data(client: DashboardClient, path: str, **parameters: Any) -> Any:
    text = urlencode(parameters, doseq=True)
    content = client.get(f"{API}/{path}?{text}").json()
    assert content["status"] == "success", content
    return content["data"]


def test_the_test_of_a_data_source_passes(filled: DashboardClient) -> None:
    response = filled.post_form(f"{API}/query", {"query": "1+1", "time": "4"})

    assert response.text == '{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}'
    build = data(filled, "status/buildinfo")
    assert build["version"] == "2.50.1"
    assert "features" not in build  # or Grafana takes it for Mimir


def test_a_range_query_has_its_type_before_its_result(filled: DashboardClient) -> None:
    form = {"query": "temperature_c", "start": f"{T}", "end": f"{T + 180}", "step": "60"}

    response = filled.post_form(f"{API}/query_range", form)

    assert response.text == (
        '{"status":"success","data":{"resultType":"matrix","result":['
        '{"metric":{"__name__":"temperature_c","device_id":"boiler"},'
        f'"values":[[{T},"20.5"],[{T + 60},"20.5"],[{T + 180},"20.5"]]}},'
        '{"metric":{"__name__":"temperature_c","device_id":"oven"},'
        f'"values":[[{T},"20.5"]]}}]}}}}'
    )


def test_an_instant_query_has_the_value_of_each_series(filled: DashboardClient) -> None:
    found = data(filled, "query", query='temperature_c:max{device_id="boiler"}', time=T + 60.5)

    assert found == {
        "resultType": "vector",
        "result": [
            {
                "metric": {"__name__": "temperature_c:max", "device_id": "boiler"},
                "value": [T + 60.5, "21"],
            }
        ],
    }


def test_each_field_of_a_window_has_a_name(filled: DashboardClient) -> None:
    names = ("min", "max", "sum", "count", "p50", "p95")

    found = [
        data(filled, "query", query=f'temperature_c:{name}{{device_id="oven"}}', time=T)
        for name in names
    ]

    assert [one["result"][0]["value"][1] for one in found] == [
        "20", "21", "41", "2", "20.5", "20.95",
    ]  # fmt: skip


def test_pickers_list_names_labels_and_series(filled: DashboardClient) -> None:
    names = data(filled, "label/__name__/values")
    assert {"lux", "temperature_c", "temperature_c:p95"} <= set(names)
    assert names == sorted(names)
    assert data(filled, "label/__name__/values", limit=2) == names[:2]
    assert data(filled, "labels") == ["__name__", "device_id"]
    assert data(filled, "labels", **{"match[]": '{__name__=~".+",}'}) == ["__name__", "device_id"]
    assert data(filled, "label/device_id/values", **{"match[]": "lux"}) == ["oven"]
    assert data(filled, "series", **{"match[]": ["lux", 'temperature_c{device_id!="oven"}']}) == [
        {"__name__": "lux", "device_id": "oven"},
        {"__name__": "temperature_c", "device_id": "boiler"},
    ]
    described = data(filled, "metadata", metric="lux")
    assert described["lux"][0]["type"] == "gauge"
    assert data(filled, "query_exemplars", query="test") == []


def test_two_ranges_give_what_the_whole_gives(filled: DashboardClient) -> None:
    def values(start: int, end: int) -> list[Any]:
        query = 'avg_over_time(temperature_c{device_id="boiler"}[2m])'
        found = data(filled, "query_range", query=query, start=start, end=end, step=30)
        return [point for one in found["result"] for point in one["values"]]

    assert values(T, T + 240) == values(T, T + 90) + values(T + 120, T + 240)


@pytest.mark.parametrize(
    ("parameters", "status", "says"),
    [
        ({}, 400, "query"),
        ({"query": "x["}, 400, "query"),
        ({"query": "histogram_quantile(0.9, x)"}, 400, "histogram_quantile() is not supported"),
        ({"query": "x @ 4"}, 400, "@ is not supported"),
        ({"query": "a * on(b) group_left c"}, 400, "group_left"),
        ({"query": "x[5m:1m]"}, 400, "subquery is not supported"),
        ({"query": "x[5m]"}, 400, "needs a function"),
        ({"query": '{a=""}'}, 400, "at least one non-empty matcher"),
        ({"query": 'x{a=~"("}'}, 400, "illegal regex"),
        ({"query": "x", "time": "noon"}, 400, "time"),
        ({"query": "(" * 2_000 + "x" + ")" * 2_000}, 400, "brackets"),
        ({"query": "x" * 20_000}, 400, "longer"),
        ({"query": 'avg_over_time({__name__=~"temperature_c.*"}[5m])', "time": T}, 422, "labelset"),
    ],
)
def test_a_wrong_query_is_told_so_in_prometheus_words(
    filled: DashboardClient, parameters: dict[str, Any], status: int, says: str
) -> None:
    response = filled.get(f"{API}/query?{urlencode(parameters)}")

    assert response.status_code == status
    content = response.json()
    assert content["status"] == "error"
    assert content["errorType"] == {400: "bad_data", 422: "execution"}[status]
    assert says in content["error"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"start": ""}, "start"),
        ({"end": T - 1}, "must not be before"),
        ({"step": 0}, "step"),
        ({"step": "x"}, "step"),
        ({"step": 0.001}, "11,000 points"),
        ({"start": "1e999"}, "start"),
        ({"start": -1}, "start"),
    ],
)
def test_a_wrong_range_is_told_so(
    filled: DashboardClient, changed: dict[str, Any], says: str
) -> None:
    asked = {"query": "x", "start": T, "end": T + 60, "step": 1, **changed}

    response = filled.get(f"{API}/query_range?{urlencode(asked)}")

    assert (response.status_code, says in response.json()["error"]) == (400, True)


def test_times_may_be_text_and_steps_durations(filled: DashboardClient) -> None:
    asked = {"query": "lux", "start": "2026-01-31T12:00:00Z", "end": T + 60, "step": "1m"}

    found = data(filled, "query_range", **asked)

    assert found["result"][0]["values"] == [[T + 60, "20.5"]]


def test_a_form_that_is_too_large_is_refused(filled: DashboardClient) -> None:
    response = filled.post_form(f"{API}/query", {"query": "x", "more": "y" * 70_000})

    assert (response.status_code, response.json()["errorType"]) == (400, "bad_data")


def test_more_parameters_than_anybody_needs_are_refused(filled: DashboardClient) -> None:
    response = filled.post_form(f"{API}/query", {f"p{n}": "x" for n in range(1_001)})

    assert (response.status_code, "1000 parameters" in response.json()["error"]) == (400, True)


def test_an_evaluation_that_would_take_too_long_is_refused(
    filled: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing cuts it short once it has begun."""
    monkeypatch.setattr("functions.dashboard.prometheus.evaluator.MOST_LOOKED_AT", 10)
    asked = {"query": "avg_over_time(temperature_c[5m])", "start": T, "end": T + 300, "step": 30}

    response = filled.get(f"{API}/query_range?{urlencode(asked)}")

    assert (response.status_code, "looks at more than 10" in response.text) == (422, True)


def test_alerts_that_are_not_shown_are_a_warning(
    filled: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.dashboard.queries.samples.MOST", 1)
    filled.store(ALERTS, [episode(1, until=NOON + timedelta(minutes=5))])

    content = filled.get(f"{API}/query?query=ALERTS&time={T + 60}").json()

    assert content["warnings"] == ["only the 1 alerts that ended last are shown"]


def test_alerts_are_series_while_they_fire(filled: DashboardClient) -> None:
    over = episode(1, until=NOON + timedelta(minutes=2), ended=NOON + timedelta(minutes=2))
    filled.store(ALERTS, [over])
    asked = {"query": "ALERTS", "start": T - 60, "end": T + 300, "step": 60}

    (found,) = data(filled, "query_range", **asked)["result"]

    assert found["metric"] == {
        "__name__": "ALERTS",
        "alertname": "temperature_c_high",
        "alertstate": "firing",
        "device_id": "boiler",
        "sensor": "temperature_c",
        "severity": "warning",
    }
    assert found["values"] == [[T + 60, "1"]]  # it fired half a minute after noon


@pytest.mark.parametrize(("device", "found"), [("boiler", 1), ("oven", 0)])
def test_pickers_list_the_alerts_that_match(
    filled: DashboardClient, device: str, found: int
) -> None:
    filled.store(ALERTS, [episode(1, until=NOON + timedelta(minutes=2))])
    asked = {"match[]": f'ALERTS{{device_id="{device}"}}', "start": T, "end": T + 300}

    assert len(data(filled, "series", **asked)) == found


def test_rules_and_open_alerts_are_listed(mongo_url: str, empty: DashboardClient) -> None:
    deliver(mongo_url, empty.stored, TICK)
    empty.store(ALERTS, [episode(1)])

    (group,) = data(empty, "rules")["groups"]
    (listed,) = data(empty, "alerts")["alerts"]

    named = {rule["name"]: rule for rule in group["rules"] if rule["state"] == "firing"}
    rule = named["temperature_c_high"]
    assert (rule["query"], rule["labels"]) == ("temperature_c > 50", {"severity": "warning"})
    assert rule["alerts"] == [listed]
    assert listed["labels"] == {
        "alertname": "temperature_c_high",
        "device_id": "boiler",
        "sensor": "temperature_c",
        "severity": "warning",
    }
    assert (listed["value"], listed["state"]) == ("6.150000e+01", "firing")
    assert len(group["rules"]) >= 4


def test_more_devices_than_are_shown_are_a_warning(
    filled: DashboardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.dashboard.queries.selector_reads.MAX_SERIES", 1)

    content = filled.get(f"{API}/query?query=temperature_c&time={T}").json()
    listed = filled.get(f"{API}/series?match[]=temperature_c").json()

    assert len(content["data"]["result"]) == len(listed["data"]) == 1
    assert "only the first 1 devices" in content["warnings"][0]
    assert "only the first 1 devices" in listed["warnings"][0]


@pytest.mark.parametrize("limit", ["selector_reads.MAX_WINDOWS", "promql.MAX_RESULT"])
def test_a_query_of_too_much_is_refused(
    filled: DashboardClient, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"functions.dashboard.queries.{limit}", 2)
    asked = {"query": "temperature_c", "start": T, "end": T + 180, "step": 60}

    response = filled.get(f"{API}/query_range?{urlencode(asked)}")

    assert (response.status_code, response.json()["errorType"]) == (422, "execution")


def test_promtool_reads_us(
    mongo_url: str, filled: DashboardClient, root: Path, tmp_path: Path
) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on PATH (Debian and Ubuntu: package prometheus)")
    environment = {"MONGO_URL": mongo_url, "MONGO_DB": filled.stored.name}

    def told(*arguments: str) -> str:
        command = [promtool, "query", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    with running(deployed("dashboard"), root, environment, tmp_path / "log") as process:
        url = f"{process.url}/prometheus"
        value = told("instant", f"--time={T}", url, "sum(temperature_c)")
        curve = told("range", f"--start={T}", f"--end={T + 60}", "--step=60s", url, "lux")
        series = told("series", "--match=lux", f"--start={T}", f"--end={T + 60}", url)
        names = told("labels", url, "device_id")

    assert value == f"{{}} => 41 @[{T}]\n"
    assert "20.5 @" in curve
    assert json.dumps("oven") in series
    assert names.split() == ["boiler", "oven"]
