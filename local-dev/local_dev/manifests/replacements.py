"""Which values of pipeline.env go where? `manifests` applies them before anything is read.

The small subset of kustomize's replacements that knative/wiring uses; all else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_dev.manifests.manifest_object import ManifestError, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PLACEHOLDER = "from-pipeline-env"


@dataclass(frozen=True, slots=True)
class Replacement:
    """`value` goes to `path` of each object of this kind, or of this kind and name."""

    value: str
    kind: str
    name: str | None
    path: tuple[str, ...]


def read_pipeline_env(text: str, file: Path) -> dict[str, str]:
    """Return the variables of a file of NAME=value lines. Raises ManifestError."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.isidentifier():
            raise ManifestError(f"{file}: line {number} is not NAME=value")
        found[name] = value
    return found


def read_replacements(component: Part, variables: Mapping[str, str]) -> list[Replacement]:
    """Return what the Component says, with the values of `variables`. Raises ManifestError."""
    component.text("apiVersion", "kustomize.config.k8s.io/v1alpha1")
    component.text("kind", "Component")
    found: list[Replacement] = []
    for each in component.parts("replacements"):
        value = _value(each.part("source"), variables)
        for target in each.parts("targets"):
            found += _targets(target, value)
        each.nothing_else()
    component.leave("configurations")  # hash-suffixed names: nothing has such a name here
    component.nothing_else()
    return found


def apply_replacements(
    document: dict[str, Any], replacements: Sequence[Replacement], file: Path
) -> None:
    """Write the values into a manifest. Raises ManifestError where a path does not exist."""
    name = document.get("metadata", {}).get("name")
    for each in replacements:
        if each.kind == document.get("kind") and each.name in (None, name):
            _write(document, each, file)
    _refuse_placeholders(document, file, "")


def _value(source: Part, variables: Mapping[str, str]) -> str:
    source.text("kind", "ConfigMap")
    source.text("name", "pipeline")
    variable = source.text("fieldPath").removeprefix("data.")
    if variable not in variables:
        raise source.fail("fieldPath", f"{variable} is not in pipeline.env")
    source.nothing_else()
    return variables[variable]


def _targets(target: Part, value: str) -> list[Replacement]:
    select = target.part("select")
    kind, name = select.text("kind"), select.text("name", default="") or None
    path = tuple(target.only_text("fieldPaths").split("."))
    select.nothing_else()
    target.nothing_else()
    return [Replacement(value, kind, name, path)]


def _write(document: dict[str, Any], each: Replacement, file: Path) -> None:
    holder: Any = document
    try:
        for step in each.path[:-1]:
            holder = holder[_key(holder, step)]
        last = _key(holder, each.path[-1])
        holder[last] = int(each.value) if isinstance(holder[last], int) else each.value
    except (KeyError, IndexError, TypeError, ValueError) as error:
        path = ".".join(each.path)
        raise ManifestError(f"{file}: {path}: {each.value} cannot be put there") from error


def _key(holder: object, step: str) -> str | int:
    return int(step) if isinstance(holder, list) else step


def _refuse_placeholders(content: object, file: Path, where: str) -> None:
    if content == PLACEHOLDER:
        raise ManifestError(f"{file}: {where.lstrip('.')}: knative/wiring brings no value")
    if isinstance(content, dict):
        for key, value in content.items():
            _refuse_placeholders(value, file, f"{where}.{key}")
    if isinstance(content, list):
        for index, value in enumerate(content):
            _refuse_placeholders(value, file, f"{where}.{index}")
