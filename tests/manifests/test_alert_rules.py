"""Each alert fires on the series it is there for, and none on those of a healthy system.

Of `promtool test rules`; every series has a sample each minute, and is looked at after 45.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.manifests.rendering import of_kind, rendered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOOKED_AT = "45m"
NEVER = "0x60"
SLOWLY = "0+1x60"
STEADILY = "0+60x60"
DISPATCHED = "kn_eventing_dispatch_latency_ms_count"
NOTIFIED = "iot_notifications_total"
PROCESSED = "kn_eventing_process_latency_ms_count"
REFUSED = DISPATCHED + '{kn_kafkasource_name="raw-to-aggregate", http_response_status_code="422"}'
LOST = DISPATCHED + '{kn_kafkasource_name="dlq-to-dlq", http_response_status_code="503"}'

HEALTHY = {
    'up{function="ingest"}': "1x60",
    'iot_readings_accepted_total{function="ingest"}': STEADILY,
    'iot_readings_rejected_total{function="ingest", reason="invalid"}': SLOWLY,
    'iot_kafka_produce_errors_total{function="ingest"}': NEVER,
    'iot_kafka_produce_seconds_bucket{function="ingest", le="0.005"}': STEADILY,
    'iot_kafka_produce_seconds_bucket{function="ingest", le="+Inf"}': STEADILY,
    'iot_events_total{function="aggregate", outcome="done"}': STEADILY,
    'iot_refresh_age_seconds{function="aggregate", pod="refreshes"}': "1x60",
    'iot_refresh_age_seconds{function="aggregate", pod="waits"}': STEADILY,
    'iot_refresh_errors_total{function="aggregate"}': NEVER,
    'iot_database_errors_total{function="aggregate", operation="keep"}': NEVER,
    NOTIFIED + '{function="alert", target="oncall", outcome="delivered"}': STEADILY,
    NOTIFIED + '{function="alert", target="oncall", outcome="again"}': NEVER,
    'iot_notifications_stuck{function="alert"}': NEVER,
    'iot_dashboard_requests_total{status="200"}': STEADILY,
    'iot_dashboard_requests_total{status="503"}': SLOWLY,
    'iot_dashboard_seconds_bucket{le="0.05"}': STEADILY,
    'iot_dashboard_seconds_bucket{le="+Inf"}': STEADILY,
    DISPATCHED + '{kn_kafkasource_name="raw-to-alert", http_response_status_code="204"}': STEADILY,
    PROCESSED + '{kn_kafkasource_name="raw-to-alert"}': STEADILY,
    DISPATCHED + '{kn_kafkasource_name="dlq-to-dlq", http_response_status_code="204"}': "7x60",
    'kafka_consumergroup_lag{consumergroup="raw-to-alert"}': "50x60",
    'kafka_consumergroup_current_offset{consumergroup="raw-to-alert"}': STEADILY,
}


def unlike(folder: Path, series: Mapping[str, str], *expected: str) -> str:
    """Return nothing if these alerts fire and no other, else what promtool says."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on PATH (Debian and Ubuntu: package prometheus)")
    rules = of_kind(
        rendered("kind", ("monitoring",)), "monitoring.coreos.com", "PrometheusRule"
    ).values()
    groups = [group for each in rules for group in each["spec"]["groups"]]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"}) > bool 0',
                "eval_time": LOOKED_AT,
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1} for name in expected
                ],
            }
        ],
    }
    test = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (folder / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [promtool, "test", "rules", folder / "test.yaml"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_a_healthy_system_calls_nobody(tmp_path: Path) -> None:
    assert unlike(tmp_path, HEALTHY) == ""


@pytest.mark.parametrize(
    ("alert", "changed"),
    [
        ("IotIngestAbsent", {'up{function="ingest"}': "0x60"}),
        (
            "IotIngestProduceErrors",
            {'iot_kafka_produce_errors_total{function="ingest"}': SLOWLY},
        ),
        (
            "IotIngestSlow",
            {'iot_kafka_produce_seconds_bucket{function="ingest", le="0.005"}': "0+57x60"}
            | {'iot_kafka_produce_seconds_bucket{function="ingest", le="0.5"}': "0+58x60"}
            | {'iot_kafka_produce_seconds_bucket{function="ingest", le="1"}': STEADILY},
        ),
        (
            "IotIngestManyRejected",
            {'iot_readings_rejected_total{function="ingest", reason="invalid"}': STEADILY},
        ),
        (
            "IotViewsStale",
            {'iot_refresh_age_seconds{function="aggregate", pod="refreshes"}': STEADILY},
        ),
        ("IotRefreshErrors", {'iot_refresh_errors_total{function="aggregate"}': SLOWLY}),
        (
            "IotDatabaseErrors",
            {'iot_database_errors_total{function="aggregate", operation="keep"}': SLOWLY},
        ),
        ("IotNotificationsStuck", {'iot_notifications_stuck{function="alert"}': "0x40 1x20"}),
        (
            "IotNotificationsFailing",
            {NOTIFIED + '{function="alert", target="oncall", outcome="again"}': SLOWLY},
        ),
        ("IotDashboardErrors", {'iot_dashboard_requests_total{status="503"}': "0+10x60"}),
        (
            "IotDashboardSlow",
            {'iot_dashboard_seconds_bucket{le="0.05"}': "0+57x60"}
            | {'iot_dashboard_seconds_bucket{le="1"}': "0+58x60"}
            | {'iot_dashboard_seconds_bucket{le="5"}': STEADILY},
        ),
        ("IotDeliveryRefused", {REFUSED: SLOWLY}),
        (
            "IotDeliveryUnanswered",
            {PROCESSED + '{kn_kafkasource_name="raw-to-alert"}': "0+120x60"},
        ),
        (  # a function that never answered: no dispatch series at all
            "IotDeliveryUnanswered",
            {PROCESSED + '{kn_kafkasource_name="raw-to-aggregate"}': STEADILY},
        ),
        (
            "IotEventsFailing",
            {'iot_events_total{function="alert", outcome="try_again"}': SLOWLY},
        ),
        (
            "IotDeadLetters",
            {
                DISPATCHED
                + '{kn_kafkasource_name="dlq-to-dlq", http_response_status_code="204"}': "7x40 8x20"
            },
        ),
        ("IotDeadLetters", {'iot_dead_letters_total{reason="too_late"}': "1x40 2x20"}),
        (
            "IotConsumerLag",
            {'kafka_consumergroup_lag{consumergroup="raw-to-alert"}': "20000x60"},
        ),
        (
            "IotConsumerStopped",
            {'kafka_consumergroup_current_offset{consumergroup="raw-to-alert"}': "900x60"},
        ),
    ],
)
def test_an_alert_fires(alert: str, changed: dict[str, str], tmp_path: Path) -> None:
    assert unlike(tmp_path, HEALTHY | changed, alert) == ""


def test_a_dead_letter_that_is_lost_is_a_dead_letter_too(tmp_path: Path) -> None:
    series = HEALTHY | {LOST: SLOWLY}

    assert unlike(tmp_path, series, "IotDeadLetters", "IotDeadLettersLost") == ""


def test_an_alert_that_should_fire_and_does_not_would_be_found(tmp_path: Path) -> None:
    assert "IotConsumerLag" in unlike(tmp_path, HEALTHY, "IotConsumerLag")
