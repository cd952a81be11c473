"""What Grafana gets of us: each query of its dashboards is one that the dashboard answers."""

import json
import re
from typing import Any

import pytest
import yaml

from functions.dashboard.prometheus.parser import parsed, selector_of
from tests.manifests.rendering import of_kind, rendered

NAMES = ("iot-telemetry-readings", "iot-telemetry-device")
LABEL_VALUES = re.compile(r"label_values\((?:(\{.*\}), )?(\w+)\)")


def config_map(name: str) -> dict[str, str]:
    found = of_kind(rendered("kind", ("monitoring",)), "", "ConfigMap")
    content: dict[str, str] = found[name]["data"]
    return content


def dashboard(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(config_map("iot-telemetry-dashboards")[f"{name}.json"])
    return content


def filled(text: str) -> str:
    """Give a query as Grafana sends it, its variables filled in."""
    return text.replace("$metric", "temperature_c").replace("$device", "boiler")


@pytest.mark.parametrize("name", NAMES)
def test_every_query_is_one_that_is_evaluated(name: str) -> None:
    content = dashboard(name)
    queries = [target["expr"] for panel in content["panels"] for target in panel["targets"]]
    queries += [one["expr"] for one in content["annotations"]["list"]]

    assert len(queries) > len(content["panels"])
    for query in queries:
        parsed(filled(query))


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_asked_by_a_selector(name: str) -> None:
    for variable in dashboard(name)["templating"]["list"]:
        asked = LABEL_VALUES.fullmatch(variable["query"]["query"])
        assert asked is not None
        if asked[1] is not None:
            selector_of(filled(asked[1]))


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_reads_the_source_that_comes_with_it(name: str) -> None:
    sources = yaml.safe_load(config_map("iot-telemetry-datasources")["iot-telemetry.yaml"])
    urls = {one["uid"]: one["url"] for one in sources["datasources"]}
    content = dashboard(name)

    assert content["uid"] == name
    assert {panel["datasource"]["uid"] for panel in content["panels"]} <= urls.keys()
    assert all(url.startswith("http://dashboard.telemetry.svc") for url in urls.values())
