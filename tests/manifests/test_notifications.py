"""The Components of notices: what they add to the function alert, and what it reads of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from functions.alert.notify.targets.alertmanager import Alertmanager
from functions.alert.notify.targets.settings import load_targets
from tests.manifests.crd_schema import faults_in
from tests.manifests.rendering import OVERLAYS, ROOT, Document, container_of, of_kind, rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVING = "serving.knative.dev"
BOTH = ("notifications", "../eventing/alert-sink")


def alert_of(overlay: str) -> Document:
    return of_kind(rendered(overlay, BOTH), SERVING, "Service")["alert"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_components_have_only_fields_that_the_cluster_knows(overlay: str) -> None:
    assert faults_in(rendered(overlay, BOTH)) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_file_lies_where_the_setting_says(overlay: str) -> None:
    container = container_of(alert_of(overlay))
    values = {each["name"]: each.get("value") for each in container["env"]}
    mounts = by_name(container["volumeMounts"])
    volumes = by_name(alert_of(overlay)["spec"]["template"]["spec"]["volumes"])
    config_map = volumes["notifications"]["configMap"]["name"]

    folder = mounts["notifications"]["mountPath"]
    assert values["ALERT_TARGETS_FILE"] == f"{folder}/notify.yaml"
    assert set(of_kind(rendered(overlay, BOTH), "", "ConfigMap")[config_map]["data"]) == {
        "notify.yaml"
    }
    assert config_map.startswith("notifications-")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_secrets_come_from_one_that_may_be_missing(overlay: str) -> None:
    origins = container_of(alert_of(overlay))["envFrom"]

    assert {"secretRef": {"name": "notifications", "optional": True}} in origins


def test_the_file_as_it_is_shipped_is_a_right_one() -> None:
    file = ROOT / "knative" / "notifications" / "notify.yaml"

    (target,) = load_targets({"ALERT_TARGETS_FILE": str(file)}).targets

    assert isinstance(target, Alertmanager)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_sink_is_bound_to_the_function_alert(overlay: str) -> None:
    bindings = of_kind(rendered(overlay, BOTH), "sources.knative.dev", "SinkBinding")
    subject = bindings["alert-sink"]["spec"]["subject"]

    assert (subject["kind"], subject["name"]) == ("Service", "alert")
    assert subject["name"] in of_kind(rendered(overlay, BOTH), SERVING, "Service")


def test_without_a_component_nobody_is_told() -> None:
    container = container_of(of_kind(rendered("kind"), SERVING, "Service")["alert"])

    assert "ALERT_TARGETS_FILE" not in {each["name"] for each in container["env"]}


def by_name(things: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(each["name"]): each for each in things}
