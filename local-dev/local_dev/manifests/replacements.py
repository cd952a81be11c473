"""The values of pipeline.env, and the places in the manifests that they go to.

The small subset of kustomize's replacements that knative/wiring uses; all else is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from local_dev.manifests.manifest_object import ManifestError, ManifestObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PLACEHOLDER = "from-pipeline-env"


class Target(ManifestObject):
    """A field of all objects of a kind, or of the one of this name."""

    kind: str = Field(alias="select.kind")
    name: str | None = Field(None, alias="select.name")
    path: str = Field(alias="fieldPaths.0")

    def is_in(self, document: Mapping[str, Any]) -> bool:
        name = document.get("metadata", {}).get("name")
        return self.kind == document.get("kind") and self.name in (None, name)


class Replacement(ManifestObject):
    """A variable of pipeline.env and the fields that its value goes to."""

    source_kind: Literal["ConfigMap"] = Field(alias="source.kind")
    source_name: Literal["pipeline"] = Field(alias="source.name")
    field_path: str = Field(alias="source.fieldPath")
    targets: list[Target]


class Component(ManifestObject):
    """The kustomization of knative/wiring."""

    ignored = frozenset({"configurations"})  # hash-suffixed names: nothing has such a name here

    api_version: Literal["kustomize.config.k8s.io/v1alpha1"]
    kind: Literal["Component"]
    replacements: list[Replacement]


def read_pipeline_env(text: str, file: Path) -> dict[str, str]:
    """Return the variables of a file of NAME=value lines. Raise ManifestError."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.isidentifier():
            raise ManifestError(f"{file}: line {number} is not NAME=value")
        found[name] = value
    return found


def fill_in(
    document: dict[str, Any], component: Component, pipeline_env: Mapping[str, str], file: Path
) -> None:
    """Write the values into a manifest.

    Raise ManifestError where pipeline.env has no such variable, where a value has no place, and
    where a place gets no value.
    """
    for each in component.replacements:
        variable = each.field_path.removeprefix("data.")
        if variable not in pipeline_env:
            raise ManifestError(f"knative/wiring: fieldPath: {variable} is not in pipeline.env")
        for target in each.targets:
            if target.is_in(document):
                _write(document, target.path, pipeline_env[variable], file)
    for path in _placeholders(document, ""):
        raise ManifestError(f"{file}: {path}: knative/wiring brings no value")


def _write(holder: Any, path: str, value: str, file: Path) -> None:  # noqa: ANN401 - YAML
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    try:
        for step in steps:
            holder = holder[step]
        holder[last] = int(value) if isinstance(holder[last], int) else value
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ManifestError(f"{file}: {path}: {value} cannot be put there") from error


def _placeholders(content: object, path: str) -> Iterator[str]:
    if content == PLACEHOLDER:
        yield path.removeprefix(".")
    elif isinstance(content, (dict, list)):
        entries = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in entries:
            yield from _placeholders(value, f"{path}.{key}")
