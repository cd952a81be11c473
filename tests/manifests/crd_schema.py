"""Faults of objects by the schemas of their custom resource definitions.

An API server drops fields that it does not know without a word, so a typing error would pass there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from tests.support.availability import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
KUBERNETES_OWN = {
    "v1",
    "apps/v1",
    "batch/v1",
    "networking.k8s.io/v1",
}  # kubectl and the server know them
WITHOUT_DEFINITION = {
    "sources.knative.dev/v1/PingSource",
    "sources.knative.dev/v1/SinkBinding",
}

Schema = dict[str, Any]


def faults_in(documents: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the definitions refuse, as sentences; skip where there are no definitions."""
    crds = shared_folder("crds")
    return [fault for document in documents for fault in _faults(document, crds)]


def _faults(document: dict[str, Any], crds: Path) -> list[str]:
    api, kind = document["apiVersion"], document["kind"]
    if api in KUBERNETES_OWN or f"{api}/{kind}" in WITHOUT_DEFINITION:
        return []
    group, _, version = api.rpartition("/")
    return [
        f"{kind} {document['metadata']['name']}: {error.json_path}: {error.message}"
        for error in _validator(crds / f"{group}_{kind}.yaml", version).iter_errors(document)
    ]


@cache
def _validator(crd: Path, version: str) -> jsonschema.Draft202012Validator:
    definition = yaml.load(crd.read_text(encoding="utf-8"), yaml.CSafeLoader)
    served = {each["name"]: each for each in definition["spec"]["versions"] if each["served"]}
    assert version in served, f"{crd.stem}: the cluster serves {sorted(served)}, not {version}"
    schema = served[version]["schema"]["openAPIV3Schema"]
    for known in ("apiVersion", "kind", "metadata", "status"):
        schema["properties"].setdefault(known, {})
    return jsonschema.Draft202012Validator(_strict(schema))


def _strict(node: Schema) -> Schema:
    """Close every object, and say in JSON schema's words what Kubernetes says in its own."""
    node.pop("format", None)  # int32, int64, date-time: not JSON schema's formats
    if node.pop("x-kubernetes-int-or-string", False):
        node["type"] = ["integer", "string"]
        node.pop("anyOf", None)
    if node.pop("nullable", False) and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    is_open = node.get(KEEPS_UNKNOWN, False) or "additionalProperties" in node
    if "properties" in node and not is_open:
        node["additionalProperties"] = False
    for child in node.get("properties", {}).values():
        _strict(child)
    for name in ("items", "additionalProperties"):
        if isinstance(node.get(name), dict):
            _strict(node[name])
    return node
