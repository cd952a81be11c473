"""Does the cluster know all of an object's fields? By the schema of its custom resource definition.

An API server drops fields that it does not know without a word, so a typing error would pass there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

CRDS = Path(__file__).resolve().parents[3] / "shared" / "crds"
KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
KUBERNETES_OWN = {
    "v1",
    "apps/v1",
    "batch/v1",
    "networking.k8s.io/v1",
}  # kubectl and the server know them
WITHOUT_DEFINITION = {"sources.knative.dev/v1/PingSource"}

Schema = dict[str, Any]


def faults_in(documents: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the definitions refuse, as sentences; skips where there are no definitions."""
    if not CRDS.is_dir():
        pytest.skip("the custom resource definitions are not beside this checkout")
    return [fault for document in documents for fault in _faults(document)]


def _faults(document: dict[str, Any]) -> list[str]:
    api, kind = document["apiVersion"], document["kind"]
    if api in KUBERNETES_OWN or f"{api}/{kind}" in WITHOUT_DEFINITION:
        return []
    group, _, version = api.rpartition("/")
    return [
        f"{kind} {document['metadata']['name']}: {error.json_path}: {error.message}"
        for error in _validator(group, kind, version).iter_errors(document)
    ]


@cache
def _validator(group: str, kind: str, version: str) -> jsonschema.Draft202012Validator:
    text = (CRDS / f"{group}_{kind}.yaml").read_text(encoding="utf-8")
    definition = yaml.load(text, yaml.CSafeLoader)
    served = {each["name"]: each for each in definition["spec"]["versions"] if each["served"]}
    assert version in served, f"{kind}: the cluster serves {sorted(served)}, not {version}"
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
