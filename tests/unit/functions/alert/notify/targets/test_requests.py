"""The request that each kind of target gets, read as its receiver reads it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cloudevents.http import from_http
from hypothesis import given
from hypothesis import strategies as st

from functions.alert.notify.notices import told_of
from functions.alert.notify.targets.alertmanager import Alertmanager
from functions.alert.notify.targets.cloud_events import CloudEventsSink
from functions.alert.notify.targets.signature import key_of
from functions.alert.notify.targets.target import Message, Target
from functions.alert.notify.targets.webhook import Webhook
from tests.support.notices import NOON, SECRET, alert, ended

LATER = NOON + timedelta(minutes=30)
WEBHOOK = Webhook("oncall", "https://hooks.example.org/x", (key_of(SECRET),))
SINK = CloudEventsSink("http://broker.example/ns/default", {"cluster": "north"})
TEAM = Alertmanager("team", "http://alertmanager.example:9093/", {"team": "garden"}, True)


def message(document: dict[str, Any], kind: str = "opened") -> Message:
    return Message("ab12", str(document["_id"]), kind, NOON, told_of(document))


def digest() -> Message:
    members = [{"alert_id": "a1", "kind": "opened", "device_id": "d1", "started": NOON}]
    return Message("cd34", "digest/r", "digest", NOON, {"rule_id": "r"}, members, 21)


def test_a_webhook_gets_type_time_and_data() -> None:
    request = WEBHOOK.request_of(message(alert()), LATER)

    content = json.loads(request.body)
    assert (request.url, request.allow_private) == ("https://hooks.example.org/x", False)
    assert content["type"] == "iot.telemetry.alert.opened"
    assert content["timestamp"] == "2026-01-31T12:00:00.000Z"
    assert content["data"]["alert_id"] == "a1"
    assert content["data"]["started"] == "2026-01-31T12:00:00.000Z"
    assert content["data"]["message"] == "temperature_c 55 °C is above the limit of 50 °C"


def test_each_attempt_has_the_same_id_and_the_same_body_and_a_time_of_its_own() -> None:
    first, second = (WEBHOOK.request_of(message(alert()), at) for at in (NOON, LATER))

    assert first.body == second.body
    headers = [dict(one.headers) for one in (first, second)]
    assert headers[0]["webhook-id"] == headers[1]["webhook-id"] == "ab12"
    assert headers[0]["webhook-timestamp"] != headers[1]["webhook-timestamp"]
    assert headers[0]["webhook-signature"] != headers[1]["webhook-signature"]


def test_a_digest_tells_its_rule_how_many_and_which() -> None:
    content = json.loads(WEBHOOK.request_of(digest(), NOON).body)

    assert content["type"] == "iot.telemetry.alert.digest"
    assert content["data"] == {
        "rule_id": "r",
        "count": 21,
        "alerts": [
            {
                "alert_id": "a1",
                "kind": "opened",
                "device_id": "d1",
                "started": "2026-01-31T12:00:00.000Z",
            }
        ],
    }


def test_a_sink_gets_an_event_that_the_sdk_reads() -> None:
    request = SINK.request_of(message(alert()), LATER)

    event = from_http(dict(request.headers), request.body)
    attributes = event.get_attributes()
    assert attributes["id"] == "ab12"
    assert attributes["type"] == "iot.telemetry.alert.opened"
    assert attributes["source"] == "/iot-telemetry/alert"
    assert attributes["subject"] == "a1"
    assert attributes["partitionkey"] == "greenhouse-1"
    assert attributes["time"] == "2026-01-31T12:00:00.000Z"
    assert (
        dict(event.get_data() or {})["message"] == "temperature_c 55 °C is above the limit of 50 °C"
    )


def test_a_sinks_overrides_are_attributes_of_each_event() -> None:
    request = SINK.request_of(digest(), NOON)

    attributes = from_http(dict(request.headers), request.body).get_attributes()
    assert attributes["cluster"] == "north"
    assert "partitionkey" not in attributes


def test_a_device_with_a_hostile_name_makes_no_header_of_its_own() -> None:
    request = SINK.request_of(message(alert(device_id='ä\r\nx-evil: 1 "%')), NOON)

    assert dict(request.headers)["ce-partitionkey"] == "%C3%A4%0D%0Ax-evil:%201%20%22%25"


@given(st.text(min_size=1))
def test_whatever_a_device_is_called_headers_are_visible_ascii(name: str) -> None:
    request = SINK.request_of(message(alert(device_id=name)), NOON)

    assert all(value.isascii() and value.isprintable() for _, value in request.headers)
    assert json.loads(request.body)["device_id"] == name


def test_an_alertmanager_is_told_what_lasts_for_four_ticks_more() -> None:
    request = TEAM.request_of(message(alert()), LATER)

    assert request.url == "http://alertmanager.example:9093/api/v2/alerts"
    assert request.allow_private
    assert json.loads(request.body) == [
        {
            "labels": {
                "alertname": "temperature_c_high",
                "device_id": "greenhouse-1",
                "rule_id": "temperature_c_high",
                "sensor": "temperature_c",
                "severity": "warning",
                "team": "garden",
            },
            "annotations": {
                "summary": "greenhouse-1: temperature_c 55 °C is above the limit of 50 °C"
            },
            "startsAt": "2026-01-31T12:00:00.000Z",
            "endsAt": "2026-01-31T12:34:00.000Z",
        }
    ]


LEVELS: list[Any] = [
    [{"at": NOON, "level": "warning"}, {"at": LATER, "level": "critical"}],
    [[NOON, "warning"], [LATER, "critical"], [LATER, None]],
]


@pytest.mark.parametrize("changes", LEVELS)
def test_an_escalation_ends_the_old_set_of_labels_in_the_same_call(changes: Any) -> None:
    document = alert(severity="critical", level_changes=changes)

    told = json.loads(TEAM.request_of(message(document, "escalated"), LATER).body)

    assert ends_by_severity(told) == {
        "warning": "2026-01-31T12:30:00.000Z",
        "critical": "2026-01-31T12:34:00.000Z",
    }


@pytest.mark.parametrize("over", [ended(), alert(retracted_reason="late_data")])
def test_what_is_over_ends_now(over: dict[str, Any]) -> None:
    told = json.loads(TEAM.request_of(message(over, "resolved"), LATER).body)

    assert ends_by_severity(told) == {"warning": "2026-01-31T12:30:00.000Z"}


def test_an_alert_of_a_clock_that_is_ahead_ends_no_sooner_than_it_started() -> None:
    told = json.loads(TEAM.request_of(message(ended(started=LATER)), NOON).body)

    assert told[0]["endsAt"] == told[0]["startsAt"]


def test_what_lasts_is_told_again_in_one_call() -> None:
    alerts = [told_of(alert(device_id=name)) for name in ("d1", "d2")]

    told = json.loads(TEAM.request_of_all(alerts, LATER).body)

    assert [one["labels"]["device_id"] for one in told] == ["d1", "d2"]
    assert {one["endsAt"] for one in told} == {"2026-01-31T12:34:00.000Z"}


def test_an_alert_of_no_sensor_has_no_label_of_one() -> None:
    told = json.loads(TEAM.request_of(message(alert(sensor_type=None, message=None)), NOON).body)

    assert "sensor" not in told[0]["labels"]
    assert told[0]["annotations"]["summary"] == "greenhouse-1: temperature_c_high"


@pytest.mark.parametrize("target", [WEBHOOK, SINK, TEAM])
def test_a_targets_fingerprint_is_of_where_it_is(target: Target) -> None:
    others: list[Target] = [
        Webhook("oncall", "https://hooks.example.org/y", ()),
        CloudEventsSink("http://b"),
        TEAM,
    ]

    assert target.fingerprint == target.fingerprint
    assert sum(one.fingerprint == target.fingerprint for one in others) == (target is TEAM)


def test_no_secret_is_in_what_a_target_is_printed_as() -> None:
    assert "secret" not in repr(WEBHOOK)


def ends_by_severity(told: list[dict[str, Any]]) -> dict[str, datetime]:
    return {one["labels"]["severity"]: one["endsAt"] for one in told}
