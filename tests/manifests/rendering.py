"""What a cluster gets. Overlays rendered as kubectl would apply them."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("kind", "production", "test", "dev")
COMPONENTS = ("monitoring", "keda", "domains", "oidc")
COMBINATIONS = [
    (overlay, chosen)
    for overlay in OVERLAYS
    for size in range(len(COMPONENTS) + 1)
    for chosen in itertools.combinations(COMPONENTS, size)
]
KUBECTL_S = 30.0

Document = dict[str, Any]


@cache
def rendered(overlay: str, components: tuple[str, ...] = ()) -> tuple[Document, ...]:
    """Return the objects of an overlay with these components; skips where there is no kubectl.

    Raises subprocess.CalledProcessError where kustomize refuses.
    """
    if not components:
        return _kustomize(ROOT / "knative" / "overlays" / overlay)
    return _own_overlay(f"knative/overlays/{overlay}", [f"knative/{name}" for name in components])


@cache
def without_overlay() -> tuple[Document, ...]:
    """Return the objects as they are before any overlay changes one."""
    return _own_overlay("knative/base", ["knative/wiring"])


def backing_services() -> tuple[Document, ...]:
    """Return the objects of Kafka and MongoDB for trying."""
    return _kustomize(ROOT / "knative" / "backing-services")


def of_kind(documents: tuple[Document, ...], api_group: str, kind: str) -> dict[str, Document]:
    """Return the objects of a kind by their names; the group "" is Kubernetes' own."""
    return {
        each["metadata"]["name"]: each
        for each in documents
        if each["kind"] == kind and group_of(each) == api_group
    }


def group_of(document: Document) -> str:
    """Return the API group that an object says it is of."""
    group, slash, _ = document["apiVersion"].partition("/")
    return group if slash else ""


def services(overlay: str) -> dict[str, Document]:
    """Return the Knative Services of an overlay by name."""
    return of_kind(rendered(overlay), "serving.knative.dev", "Service")


def sources(overlay: str) -> dict[str, Document]:
    """Return the KafkaSources of an overlay by name."""
    return of_kind(rendered(overlay), "sources.knative.dev", "KafkaSource")


def container_of(service: Document) -> Document:
    """Return the one container of a Knative Service."""
    (container,) = service["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def pipeline(overlay: str) -> dict[str, str]:
    """Return the data of the ConfigMap that pipeline.env became in an overlay."""
    (values,) = (
        each["data"]
        for name, each in of_kind(rendered(overlay), "", "ConfigMap").items()
        if name.startswith("pipeline-")
    )
    return dict(values)


def _own_overlay(resource: str, components: list[str]) -> tuple[Document, ...]:
    """Render as a user would: an overlay of their own beside the repository's."""
    with TemporaryDirectory() as folder:
        for name in ("knative", "eventing"):
            shutil.copytree(ROOT / name, Path(folder) / name, symlinks=True)
        own = Path(folder) / "own"
        own.mkdir()
        text = {
            "resources": [f"../{resource}"],
            "components": [f"../{each}" for each in components],
            "namespace": "telemetry",
        }
        (own / "kustomization.yaml").write_text(yaml.safe_dump(text))
        return _kustomize(own)


def _kustomize(folder: Path) -> tuple[Document, ...]:
    kubectl = Path(sys.executable).parent / "kubectl"
    if not kubectl.exists():
        pytest.skip("no kubectl in this environment: its package has no wheel for this platform")
    done = subprocess.run(
        [kubectl, "kustomize", folder],
        capture_output=True,
        text=True,
        timeout=KUBECTL_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize warns of what a later version refuses"
    return tuple(yaml.load_all(done.stdout, yaml.CSafeLoader))
