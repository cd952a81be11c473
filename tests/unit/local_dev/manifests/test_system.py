"""What local-dev reads out of the files that a cluster gets, and what it refuses."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import Field

from local_dev.manifests.eventing import DeliveryRule
from local_dev.manifests.manifest_object import ManifestError, ManifestObject, read
from local_dev.manifests.replacements import read_pipeline_env
from local_dev.manifests.system import read_system
from tests.support.manifests import a_reference

FILE = Path("some.yaml")


class OneField(ManifestObject):
    a: int = Field(alias="spec.a")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def rule_with_timeout(text: object) -> DeliveryRule:
    rest = {"retry": 0, "backoffPolicy": "linear", "backoffDelay": "PT1S"}
    return read(DeliveryRule, {"timeout": text, **rest}, FILE)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root / "eventing", tmp_path / "eventing")
    shutil.copytree(root / "knative", tmp_path / "knative")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_repository_describes_five_functions_and_three_arrows(root: Path) -> None:
    system = read_system(root)

    assert {each.name for each in system.services} == {
        "ingest",
        "aggregate",
        "alert",
        "dlq",
        "dashboard",
    }
    assert {each.group for each in system.sources} == {
        "raw-to-aggregate",
        "raw-to-alert",
        "dlq-to-dlq",
    }


def test_devices_and_people_reach_two_functions_and_kafka_source_the_others(root: Path) -> None:
    public = {each.name for each in read_system(root).services if each.is_public}

    assert public == {"ingest", "dashboard"}


def test_a_value_that_the_shell_gives_is_everywhere_the_one_used(root: Path) -> None:
    given = {"MAX_RETRIES": "5", "TELEMETRY_TOPIC": "mine.raw", "DLQ_TOPIC": ""}

    system = read_system(root, given)

    (to_alert,) = (each for each in system.sources if each.name == "raw-to-alert")
    assert (to_alert.rule.retry, to_alert.topic) == (5, "mine.raw")
    environments = [each.environment(system.pipeline_env) for each in system.services]
    assert {each["TELEMETRY_TOPIC"] for each in environments} == {"mine.raw"}
    assert {each.topic for each in system.topics} == {"mine.raw", "telemetry.dlq"}


def test_values_come_from_pipeline_env(copy: Path) -> None:
    change(copy / "knative" / "pipeline.env", "MAX_RETRIES=3", "MAX_RETRIES=7")
    change(copy / "knative" / "pipeline.env", "telemetry.raw", "other.raw")

    system = read_system(copy)

    (to_alert,) = (each for each in system.sources if each.name == "raw-to-alert")
    assert (to_alert.rule.retry, to_alert.rule.backoff_policy) == (7, "exponential")
    assert (to_alert.rule.backoff_delay, to_alert.rule.timeout) == (seconds(2), seconds(30))
    assert to_alert.topic == "other.raw"
    assert "other.raw" in {each.topic for each in system.topics}
    environments = [each.environment(system.pipeline_env) for each in system.services]
    assert {each["TELEMETRY_TOPIC"] for each in environments} == {"other.raw"}


def test_a_path_of_a_mounted_file_is_that_of_the_file_in_the_repository(root: Path) -> None:
    system = read_system(root)
    (alert,) = (each for each in system.services if each.name == "alert")

    there = alert.environment(system.pipeline_env)["ALERT_RULES_FILE"]
    here = alert.environment(system.pipeline_env, system.config_files)["ALERT_RULES_FILE"]

    assert there == "/etc/iot-telemetry/rules.yaml"
    assert here == str(root / "knative" / "base" / "rules.yaml")


def test_a_file_of_a_config_map_that_is_not_there_is_refused(copy: Path) -> None:
    change(copy / "knative" / "base" / "kustomization.yaml", "[rules.yaml]", "[others.yaml]")

    with pytest.raises(ManifestError, match=r"configMapGenerator: others\.yaml is not there"):
        read_system(copy)


def test_dead_letters_go_to_the_sink_but_not_those_of_the_dead_letter_source(root: Path) -> None:
    letters = {each.name: each.rule.dead_letter_sink for each in read_system(root).sources}

    assert letters == {
        "raw-to-aggregate": a_reference("telemetry-dlq", "KafkaSink"),
        "raw-to-alert": a_reference("telemetry-dlq", "KafkaSink"),
        "dlq-to-dlq": None,
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("eventing/raw-to-alert.yaml", "  ordering:", "  odering:", "spec.ordering: is missing"),
        ("eventing/raw-to-alert.yaml", "ordering: unordered", "ordering: some", "spec.ordering"),
        ("eventing/raw-to-alert.yaml", "  sink:", "  consumers: 2\n  sink:", "spec.consumers"),
        ("eventing/raw-to-alert.yaml", "    retry: 0", "    format: json", "spec.delivery.retry"),
        ("eventing/raw-to-alert.yaml", "PT30S", "30s", "spec.delivery.timeout"),
        ("eventing/raw-to-alert.yaml", "retry: 0", "retry: many", "spec.delivery.retry"),
        ("eventing/raw-to-alert.yaml", "sources.knative.dev/v1", "x/v1beta1", "apiVersion"),
        ("eventing/raw-to-alert.yaml", "name: raw-to-alert", "name: other", "spec.topics.0"),
        ("eventing/refresh.yaml", "*/10 * * * *", "5 4 * * *", "spec.schedule"),
        ("eventing/telemetry-dlq.yaml", "binary", "structured", "spec.contentMode"),
        ("knative/services/dlq.yaml", "containerConcurrency", "concurrency", "concurrency"),
        ("knative/services/dlq.yaml", 'max-scale: "1"', 'max-scale: "x"', "max-scale"),
        ("knative/wiring/kustomization.yaml", "data.MAX_RETRIES", "data.NO", "NO is not in"),
        ("knative/wiring/kustomization.yaml", "spec.delivery.retry", "spec.a.b", "spec.a.b"),
        ("knative/pipeline.env", "MAX_RETRIES=3", "MAX_RETRIES", "is not NAME=value"),
        ("knative/pipeline.env", "MAX_RETRIES=3", "MAX_RETRIES=x", "spec.delivery.retry"),
    ],
)
def test_what_is_not_understood_is_refused_by_file_and_field(
    copy: Path, file: str, old: str, new: str, says: str
) -> None:
    change(copy / file, old, new)

    with pytest.raises(ManifestError, match=says.replace(".", r"\.")):
        read_system(copy)


@pytest.mark.parametrize(
    ("text", "number"),
    [("PT2S", 2), ("PT0.3S", 0.3), ("PT1M30S", 90), ("P1DT2H", 93_600), ("PT0S", 0)],
)
def test_a_duration_is_so_many_seconds(text: str, number: float) -> None:
    assert rule_with_timeout(text).timeout == seconds(number)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "2s", "PT2", "P2S", "PT-1S", "P1M", "P1W", "-PT2S", 2]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ManifestError, match=r"some\.yaml: timeout: .*ISO 8601"):
        rule_with_timeout(text)


def test_a_field_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"some\.yaml: spec\.b: local-dev does not know"):
        read(OneField, yaml.safe_load("spec: {a: 1, b: 2}"), FILE)


@pytest.mark.parametrize(
    "text", ["spec: {a: 1, b: {}}", "{spec: {a: 1}, a: 2}", "spec: {a: 1, 2: 3}"]
)
def test_a_field_is_refused_whatever_it_holds_and_whatever_it_is_called(text: str) -> None:
    with pytest.raises(ManifestError, match="local-dev does not know"):
        read(OneField, yaml.safe_load(text), FILE)


def test_each_wrong_field_has_a_line_of_its_own() -> None:
    with pytest.raises(ManifestError) as refused:
        read(OneField, yaml.safe_load("spec: {a: x, b: 2}"), FILE)

    assert len(str(refused.value).splitlines()) == 2


def test_comments_and_empty_lines_are_no_variables() -> None:
    assert read_pipeline_env("# a\n\nA_B=c=d\nE=\n", FILE) == {"A_B": "c=d", "E": ""}


@pytest.mark.parametrize(
    ("at_once", "instances"), [(0, 0), (1, 1), (70, 1), (71, 2), (351, 5), (10_000, 5)]
)
def test_more_requests_at_once_want_more_instances_up_to_the_limit(
    root: Path, at_once: int, instances: int
) -> None:
    (aggregate,) = (each for each in read_system(root).services if each.name == "aggregate")

    assert aggregate.instances_for(at_once) == instances


@pytest.mark.parametrize(
    ("concurrency", "annotation", "target"),
    [
        pytest.param(200, "", 140.0, id="its own concurrency where no target is given"),
        pytest.param(0, "", 70.0, id="Serving's default where it has none"),
        pytest.param(200, '        autoscaling.knative.dev/target: "50"\n', 35.0, id="a target"),
        pytest.param(20, '        autoscaling.knative.dev/target: "50"\n', 14.0, id="the smaller"),
    ],
)
def test_an_instance_is_meant_to_have_what_serving_means(
    copy: Path, concurrency: int, annotation: str, target: float
) -> None:
    file = copy / "knative" / "services" / "ingest.yaml"
    change(file, "containerConcurrency: 200", f"containerConcurrency: {concurrency}")
    change(file, "      annotations:\n", f"      annotations:\n{annotation}")

    (ingest,) = (each for each in read_system(copy).services if each.name == "ingest")

    assert ingest.target_concurrency == pytest.approx(target)
