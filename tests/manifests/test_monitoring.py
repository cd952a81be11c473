"""What is alerted on and shown exists: metrics and labels in the code, an entry in the docs.

KafkaSource's names are those of its dispatcher as it ran (eventing-kafka-broker 1.23); lag comes
from Kafka Exporter, `up` from Prometheus, `process_` from prometheus_client.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import prometheus_client
import pytest
import yaml

from shared import metrics
from tests.manifests.rendering import ROOT, of_kind, rendered

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "monitoring.coreos.com"
FOREIGN = {
    "up",
    "process_resident_memory_bytes",
    "kn_eventing_dispatch_latency_ms_bucket",
    "kn_eventing_dispatch_latency_ms_count",
    "kn_eventing_dispatch_latency_ms_sum",
    "kn_eventing_dispatch_latency_ms_max",
    "kn_eventing_process_latency_ms_bucket",
    "kn_eventing_process_latency_ms_count",
    "kn_eventing_process_latency_ms_sum",
    "kn_eventing_process_latency_ms_max",
    "kn_eventing_dispatch_in_flight_requests_1",
    "kafka_consumergroup_lag",
    "kafka_consumergroup_current_offset",
}
NAME = re.compile(r"\b((?:iot|kn|kafka|process)_[a-z0-9_]+|up)(?=[\[{\s)]|$)")
TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"')
GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\([^)]*\)")
OF_OURS = re.compile(r"(iot_[a-z0-9_]+)\{([^}]*)\}")
ADDED_BY_SCRAPE = {"function", "revision", "le"}
DASHBOARDS = ("iot-telemetry-operators", "iot-telemetry-fleet")


@cache
def rules() -> list[dict[str, Any]]:
    found = of_kind(rendered("kind", ("monitoring",)), GROUP, "PrometheusRule").values()
    return [rule for each in found for group in each["spec"]["groups"] for rule in group["rules"]]


@cache
def dashboard(name: str) -> dict[str, Any]:
    config_maps = of_kind(rendered("kind", ("monitoring",)), "", "ConfigMap")
    content = json.loads(config_maps["iot-telemetry-dashboards"]["data"][f"{name}.json"])
    assert isinstance(content, dict)
    return content


@cache
def expressions() -> list[str]:
    shown = [
        target["expr"].replace("$__rate_interval", "5m")
        for name in DASHBOARDS
        for panel in dashboard(name)["panels"]
        for target in panel["targets"]
    ]
    return [*(rule["expr"] for rule in rules()), *shown]


@cache
def exposed() -> dict[str, set[str]]:
    """Return the names that /metrics shows for shared/metrics.py, and the labels of each."""
    ours = [
        each
        for each in vars(metrics).values()
        if isinstance(each, prometheus_client.metrics.MetricWrapperBase)
    ]
    found: dict[str, set[str]] = {}
    for each in ours:
        (family,) = each.describe()
        endings = {
            "counter": ["_total"],
            "gauge": [""],
            "histogram": ["_bucket", "_sum", "_count"],
        }[family.type]
        found |= {family.name + ending: set(each._labelnames) for ending in endings}
    return found


def names_in(expression: str) -> set[str]:
    return set(NAME.findall(GROUPING.sub("", TEXTS.sub('""', expression))))


def family_of(name: str) -> str:
    return re.sub(r"_(total|bucket|sum|count)$", "", name)


def unknown_labels_in(expression: str) -> set[str]:
    return {
        f"{name}: {label}"
        for name, matchers in OF_OURS.findall(expression)
        for label in re.findall(r"(\w+)\s*[=!]", TEXTS.sub('""', matchers))
        if label not in exposed()[name] | ADDED_BY_SCRAPE
    }


def test_every_metric_that_is_named_exists() -> None:
    named = set().union(*map(names_in, expressions()))

    assert named <= set(exposed()) | FOREIGN


def test_every_metric_of_ours_is_looked_at_by_somebody() -> None:
    """One that nobody looks at is cost without use."""
    named = set().union(*map(names_in, expressions()))

    assert set(map(family_of, exposed())) <= set(map(family_of, named))


def test_every_label_that_is_asked_for_is_one_of_the_metric() -> None:
    assert set().union(*map(unknown_labels_in, expressions())) == set()


def test_a_misspelt_metric_would_be_found() -> None:
    assert names_in('sum(rate(iot_reading_accepted_total{a="kn_x"}[5m])) > up') == {
        "iot_reading_accepted_total",
        "up",
    }


def test_every_expression_parses(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on PATH (Debian and Ubuntu: package prometheus)")
    file = tmp_path / "rules.yaml"
    group = {
        "name": "all",
        "rules": [
            {"record": f"expression:{number}", "expr": expression}
            for number, expression in enumerate(expressions())
        ],
    }
    file.write_text(yaml.safe_dump({"groups": [group]}))

    done = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(expressions())} rules found" in done.stdout


def test_the_rules_as_they_stand_are_good_for_prometheus(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on PATH (Debian and Ubuntu: package prometheus)")
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules()}]}))

    done = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_an_entry_in_the_runbook() -> None:
    runbook = (ROOT / "docs" / "operations" / "runbook.md").read_text()
    headings = set(re.findall(r"^#+ (Iot\w+)$", runbook, re.MULTILINE))
    alerts = {rule["alert"] for rule in rules()}

    assert headings == alerts
    assert {rule["annotations"]["runbook_url"] for rule in rules()} == {
        f"docs/operations/runbook.md#{each.lower()}" for each in alerts
    }


def test_every_alert_says_how_bad_it_is_and_what_it_means() -> None:
    assert {rule["labels"]["severity"] for rule in rules()} == {"warning", "critical"}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules())


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_found_by_grafana_and_takes_any_prometheus(name: str) -> None:
    config_map = of_kind(rendered("kind", ("monitoring",)), "", "ConfigMap")[
        "iot-telemetry-dashboards"
    ]
    panels = dashboard(name)["panels"]

    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboard(name)["uid"] == name
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}


def test_functions_are_asked_at_their_own_port() -> None:
    """Through the route each scrape would be a request, and no function would go to zero."""
    monitors = of_kind(rendered("kind", ("monitoring",)), GROUP, "PodMonitor")
    (endpoint,) = monitors["functions"]["spec"]["podMetricsEndpoints"]
    (selected,) = monitors["functions"]["spec"]["selector"]["matchExpressions"]

    assert endpoint["port"] == "user-port"
    assert endpoint["path"] == "/metrics"
    assert set(selected["values"]) == {"ingest", "aggregate", "alert", "dlq", "dashboard"}
