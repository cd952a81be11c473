"""skaffold builds the images that the manifests name, from files that are there."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.manifests.rendering import (
    OVERLAYS,
    ROOT,
    Document,
    backing_services,
    container_of,
    group_of,
    of_kind,
    rendered,
    services,
)

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = {"ingest", "aggregate", "alert", "dlq", "dashboard"}
DOCKERFILE = (ROOT / "functions" / "Dockerfile").read_text()


@cache
def modules() -> dict[str, dict[str, Any]]:
    documents = yaml.safe_load_all((ROOT / "skaffold.yaml").read_text())
    return {each["metadata"]["name"]: each for each in documents}


def artifacts() -> list[dict[str, Any]]:
    found = modules()["functions"]["build"]["artifacts"]
    assert isinstance(found, list)
    return found


def profiles() -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in modules()["functions"]["profiles"]}


def waited_for(selectors: Path, documents: tuple[Document, ...]) -> set[str]:
    return {
        each["kind"]
        for each in documents
        for selector in json.loads(selectors.read_text())["selectors"]
        if re.search(selector["group"], group_of(each))
        and re.search(selector["kind"], each["kind"])
    }


def test_there_are_two_modules_of_a_version_that_the_skaffold_of_the_guide_knows() -> None:
    """v4beta14 would need skaffold 2.19."""
    assert set(modules()) == {"functions", "backing-services"}
    assert {each["apiVersion"] for each in modules().values()} == {"skaffold/v4beta13"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_of_a_service_is_an_artifact(overlay: str) -> None:
    built = {each["image"] for each in artifacts()}

    assert {container_of(each)["image"] for each in services(overlay).values()} <= built


def test_the_bridge_of_the_test_overlay_is_an_artifact_of_its_profile() -> None:
    (added,) = (each["value"] for each in profiles()["test"]["patches"])
    (bridge,) = of_kind(rendered("test"), "apps", "Deployment").values()
    (container,) = bridge["spec"]["template"]["spec"]["containers"]

    assert container["image"] == added["image"]
    assert (ROOT / added["docker"]["dockerfile"]).is_file()


def test_the_five_functions_are_built_by_one_recipe() -> None:
    built = {
        each["image"]: each["docker"]["buildArgs"]["FUNCTION"]
        for each in artifacts()
        if "docker" in each
    }

    assert built == {f"iot-telemetry-{name}": name for name in FUNCTIONS}
    assert {each["docker"]["dockerfile"] for each in artifacts() if "docker" in each} == {
        "functions/Dockerfile"
    }


def test_the_recipe_has_the_stages_that_are_asked_for() -> None:
    stages = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)

    assert stages[-1] == "final", "the last stage is what is built without a target"
    assert _targets(profiles()["dev"]) == ["dev"] * len(FUNCTIONS)
    assert "dev" in stages


def test_a_lock_file_is_there_for_each_function() -> None:
    """It is copied by name; skaffold watches what is copied."""
    assert "COPY requirements/${FUNCTION}.txt" in DOCKERFILE
    assert all((ROOT / "requirements" / f"{each}.txt").is_file() for each in FUNCTIONS)


@pytest.mark.parametrize("path", ["!requirements/*.txt", "!shared", "!functions"])
def test_the_build_context_has_what_the_recipe_copies(path: str) -> None:
    assert path in (ROOT / ".dockerignore").read_text().splitlines()


def test_a_synced_file_goes_to_the_function_whose_source_it_is() -> None:
    synced = {
        artifacts()[int(each["path"].split("/")[3])]["image"]: _sources_of(each["value"])
        for each in profiles()["dev"]["patches"]
        if each["path"].endswith("/sync")
    }

    assert set(synced) == {f"iot-telemetry-{name}" for name in FUNCTIONS}
    assert all(
        paths == {"shared", f"functions/{image.removeprefix('iot-telemetry-')}"}
        for image, paths in synced.items()
    )


@pytest.mark.parametrize(
    ("profile", "overlay"), [("dev", "dev"), ("production", "production"), ("test", "test")]
)
def test_a_profile_deploys_its_overlay(profile: str, overlay: str) -> None:
    paths = profiles()[profile]["manifests"]["kustomize"]["paths"]

    assert paths == [f"knative/overlays/{overlay}"]


def test_without_a_profile_the_overlay_for_trying_is_deployed() -> None:
    functions, backing = modules()["functions"], modules()["backing-services"]

    assert functions["manifests"]["kustomize"]["paths"] == ["knative/overlays/kind"]
    assert backing["manifests"]["kustomize"]["paths"] == ["knative/backing-services"]


def test_tests_are_run_before_anything_is_deployed() -> None:
    (test,) = modules()["functions"]["test"]
    (custom,) = test["custom"]
    command, *folders = custom["command"].split()

    assert test["image"] in {each["image"] for each in artifacts()}
    assert (ROOT / command).is_file()
    assert all((ROOT / each).is_dir() for each in folders)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_that_has_a_condition_is_waited_for(overlay: str) -> None:
    """Without selectors, skaffold waits for Deployments only, and takes a dead source for done."""
    documents = (*rendered(overlay), *backing_services())

    assert waited_for(ROOT / "knative" / "status-check.json", documents) == {
        "Service",
        "KafkaSource",
        "PingSource",
        "KafkaSink",
        "Kafka",
        "KafkaTopic",
    }


def test_where_no_source_gets_ready_only_functions_are_waited_for() -> None:
    selectors = ROOT / "knative" / "overlays" / "test" / "status-check.json"

    assert waited_for(selectors, rendered("test")) == {"Service"}


def test_the_black_box_runs_as_a_job_that_the_cluster_takes() -> None:
    (case,) = modules()["functions"]["verify"]
    manifest = case["executionMode"]["kubernetesCluster"]["jobManifestPath"]
    job = yaml.safe_load((ROOT / manifest).read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]

    assert re.fullmatch(r"[a-z0-9-]{1,63}", case["name"]), "it becomes the Job's name"
    assert container["name"] == case["container"]["name"], "else skaffold drops what it says"
    assert case["container"]["image"] in {each["image"] for each in artifacts()}
    assert job["metadata"]["namespace"] == "telemetry"
    assert job["spec"]["backoffLimit"] == 0


def test_the_black_box_is_told_the_addresses_of_the_two_public_functions() -> None:
    (case,) = modules()["functions"]["verify"]
    told = {each["name"]: each["value"] for each in case["container"]["env"]}

    assert told == {
        "INGEST_URL": "http://ingest.telemetry.svc.cluster.local",
        "DASHBOARD_URL": "http://dashboard.telemetry.svc.cluster.local",
    }


def _targets(profile: dict[str, Any]) -> list[str]:
    return [each["value"] for each in profile["patches"] if each["path"].endswith("/target")]


def _sources_of(sync: dict[str, Any]) -> set[str]:
    return {rule["src"].partition("/**")[0] for rule in sync["manual"]}
