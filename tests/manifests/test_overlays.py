"""Every overlay renders, with any choice of components, into objects that a cluster knows."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.manifests.crd_schema import faults_in
from tests.manifests.rendering import (
    COMBINATIONS,
    OVERLAYS,
    ROOT,
    backing_services,
    group_of,
    of_kind,
    pipeline,
    rendered,
)


@pytest.mark.parametrize(("overlay", "components"), COMBINATIONS)
def test_an_overlay_has_only_fields_that_the_cluster_knows(
    overlay: str, components: tuple[str, ...]
) -> None:
    documents = rendered(overlay, components)

    assert faults_in(documents) == []


def test_the_backing_services_have_only_fields_that_the_cluster_knows() -> None:
    documents = backing_services()

    assert faults_in(documents) == []


def test_the_claims_of_the_example_domains_have_only_known_fields() -> None:
    claims = yaml.safe_load_all((ROOT / "knative" / "domains" / "claims.yaml").read_text())

    assert faults_in(claims) == []


def test_a_misspelt_field_would_be_found() -> None:
    (source, *_) = of_kind(rendered("kind"), "sources.knative.dev", "KafkaSource").values()
    delivery = {**source["spec"]["delivery"], "retries": 3}
    misspelt = {**source, "spec": {**source["spec"], "delivery": delivery}}

    assert "'retries' was unexpected" in "".join(faults_in([misspelt]))


@pytest.mark.parametrize(("overlay", "components"), COMBINATIONS)
def test_no_placeholder_survives(overlay: str, components: tuple[str, ...]) -> None:
    text = str(rendered(overlay, components))

    assert "from-pipeline-env" not in text


@pytest.mark.parametrize(("overlay", "components"), COMBINATIONS)
def test_everything_is_in_one_namespace(overlay: str, components: tuple[str, ...]) -> None:
    """Knative looks for a source's sink in the source's own namespace."""
    namespaces = {
        each["metadata"].get("namespace")
        for each in rendered(overlay, components)
        if each["kind"] != "Namespace"
    }

    assert namespaces == {"telemetry"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_config_map_has_a_hash_in_its_name_and_every_service_names_it(overlay: str) -> None:
    """Without the hash a new value would make no new Revision."""
    (name,) = (
        each for each in of_kind(rendered(overlay), "", "ConfigMap") if each.startswith("pipeline-")
    )

    read = {
        origin["configMapRef"]["name"]
        for service in of_kind(rendered(overlay), "serving.knative.dev", "Service").values()
        for origin in service["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        if "configMapRef" in origin
    }

    assert read == {name}


@pytest.mark.parametrize("overlay", ["kind", "test", "dev"])
def test_every_secret_that_a_service_names_is_there(overlay: str) -> None:
    secrets = set(of_kind(rendered(overlay), "", "Secret"))

    named = {
        origin["secretRef"]["name"]
        for service in of_kind(rendered(overlay), "serving.knative.dev", "Service").values()
        for origin in service["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        if "secretRef" in origin
    }

    assert named == secrets


def test_production_brings_no_secret_and_names_only_those_that_its_file_lists() -> None:
    documents = rendered("production")
    listed = (ROOT / "knative" / "overlays" / "production" / "kustomization.yaml").read_text()

    assert not of_kind(documents, "", "Secret")
    assert _secret_names(documents) == set(re.findall(r"^#   (\S+) ", listed, re.MULTILINE))


def test_an_overlay_says_where_its_kafka_is() -> None:
    addresses = {overlay: pipeline(overlay)["KAFKA_BOOTSTRAP_SERVERS"] for overlay in OVERLAYS}

    assert "kafka:9092" not in addresses.values(), "the default of pipeline.env fits no cluster"


@pytest.mark.parametrize(("overlay", "components"), COMBINATIONS)
def test_an_object_is_there_once(overlay: str, components: tuple[str, ...]) -> None:
    names = [
        (group_of(each), each["kind"], each["metadata"]["name"])
        for each in rendered(overlay, components)
    ]

    assert len(names) == len(set(names))


def _secret_names(content: object) -> set[str]:
    """Return the names behind secretRef, secretKeyRef, secretName, projections and auth.secret."""
    if isinstance(content, dict):
        own = {
            value["name"]
            for key, value in content.items()
            if key in ("secretRef", "secretKeyRef") or (key == "ref" and set(value) == {"name"})
        }
        own |= {
            each["secret"]["name"]
            for each in content.get("sources", [])
            if isinstance(each, dict) and "secret" in each
        }
        own |= {value for key, value in content.items() if key == "secretName"}
        return own.union(*map(_secret_names, content.values()))
    if isinstance(content, list | tuple):
        return set().union(*map(_secret_names, content))
    return set()
