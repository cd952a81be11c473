"""The compose file has keys that compose knows, images that are built here, and no second truth."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml

from tests.manifests.rendering import ROOT, container_of, pipeline, services

FILE = ROOT / "local-dev" / "compose.yaml"
FUNCTIONS = {"ingest": 8001, "dashboard": 8002, "aggregate": 8003, "alert": 8004, "dlq": 8005}
WHILE_HEALTHY = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"condition": {"enum": ["service_healthy", "service_started"]}},
        "required": ["condition"],
        "additionalProperties": False,
    },
}
TEXTS = {"type": "array", "items": {"type": "string"}}
SERVICE = {
    "type": "object",
    "properties": {
        "image": {"type": "string"},
        "build": {
            "type": "object",
            "properties": {
                "context": {"type": "string"},
                "dockerfile": {"type": "string"},
                "args": {"type": "object"},
            },
            "required": ["context", "dockerfile"],
            "additionalProperties": False,
        },
        "command": {"anyOf": [{"type": "string"}, TEXTS]},
        "profiles": TEXTS,
        "ports": {"type": "array", "items": {"pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
        "environment": {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        "env_file": TEXTS,
        "volumes": TEXTS,
        "depends_on": WHILE_HEALTHY,
        "healthcheck": {
            "type": "object",
            "properties": {
                "test": {"anyOf": [{"type": "string"}, TEXTS]},
                "interval": {"pattern": r"^\d+s$"},
                "timeout": {"pattern": r"^\d+s$"},
                "retries": {"type": "integer"},
            },
            "required": ["test"],
            "additionalProperties": False,
        },
        "read_only": {"type": "boolean"},
        "tmpfs": TEXTS,
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
    },
    "required": ["image"],
    "additionalProperties": False,
}
COMPOSE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object"},
    },
    "patternProperties": {"^x-": {}},
    "required": ["services"],
    "additionalProperties": False,
}


@cache
def compose() -> dict[str, Any]:
    content = yaml.safe_load(FILE.read_text())
    assert isinstance(content, dict)
    return content


def test_it_has_only_keys_that_compose_knows() -> None:
    jsonschema.Draft202012Validator(COMPOSE).validate(compose())


def test_without_a_profile_it_is_broker_and_database() -> None:
    always = {name for name, each in compose()["services"].items() if "profiles" not in each}

    assert always == {"kafka", "mongo"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_the_image_that_a_cluster_gets(name: str) -> None:
    service = compose()["services"][name]

    assert service["image"] == container_of(services("kind")[name])["image"]
    assert service["build"]["dockerfile"] == "functions/Dockerfile"
    assert service["build"]["args"] == {"FUNCTION": name}


@pytest.mark.parametrize("name", [*FUNCTIONS, "bridge"])
def test_a_build_finds_its_files(name: str) -> None:
    build = compose()["services"][name]["build"]

    assert (FILE.parent / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


@pytest.mark.parametrize(("name", "port"), FUNCTIONS.items())
def test_a_function_has_its_usual_port_on_loopback(name: str, port: int) -> None:
    assert compose()["services"][name]["ports"] == [f"127.0.0.1:{port}:8080"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_gets_the_values_of_pipeline_env_but_for_addresses(name: str) -> None:
    service = compose()["services"][name]
    (file,) = service["env_file"]

    assert (FILE.parent / file).resolve() == (ROOT / "knative" / "base" / "pipeline.env")
    assert set(service["environment"]) - {"ALERT_RULES_FILE"} == {
        "KAFKA_BOOTSTRAP_SERVERS",
        "MONGO_URL",
    }
    assert set(service["environment"]) & set(pipeline("kind")) == {"KAFKA_BOOTSTRAP_SERVERS"}


def test_the_rules_of_alerts_are_those_of_a_cluster_and_lie_where_they_do_there() -> None:
    service = compose()["services"]["alert"]
    (source, target, mode) = service["volumes"][0].split(":")
    (there,) = (
        each["value"]
        for each in container_of(services("kind")["alert"])["env"]
        if each["name"] == "ALERT_RULES_FILE"
    )

    assert (FILE.parent / source).resolve() == (ROOT / "knative" / "rules.yaml").resolve()
    assert (target, service["environment"]["ALERT_RULES_FILE"], mode) == (there, there, "ro")


@pytest.mark.parametrize("name", [*FUNCTIONS, "bridge"])
def test_a_container_of_ours_may_do_nothing_that_it_does_not_need(name: str) -> None:
    service = compose()["services"][name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_containers_reach_the_broker_where_it_says_that_it_is() -> None:
    everything = compose()["services"]
    said = everything["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    asked = {everything[name]["environment"]["KAFKA_BOOTSTRAP_SERVERS"] for name in FUNCTIONS}

    assert {f"INSIDE://{each}" for each in asked} <= set(said.split(","))
    assert everything["bridge"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"] in asked


def test_what_is_waited_for_says_when_it_is_healthy() -> None:
    everything = compose()["services"]
    waited_for = {name for each in everything.values() for name in each.get("depends_on", {})}

    assert all("healthcheck" in everything[name] for name in waited_for)


@pytest.mark.parametrize("path", ["eventing", "knative", "local-dev/local_dev"])
def test_the_bridge_has_the_files_that_it_reads(path: str) -> None:
    recipe = (ROOT / "local-dev" / "Dockerfile").read_text()
    context = (ROOT / "local-dev" / "Dockerfile.dockerignore").read_text().splitlines()

    assert f"COPY {path} {path}" in recipe
    assert f"!{path}" in context
