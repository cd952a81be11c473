"""The files that ConfigMaps are made of: a container sees them mounted, a function here as is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from local_dev.manifests.manifest_object import ManifestError, ManifestObject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    ConfigFiles = Mapping[str, Mapping[str, Path]]  # by the ConfigMap's name, then the file's


class Generator(ManifestObject):
    """An entry of `configMapGenerator`: of NAME=value lines, or of whole files."""

    name: str
    envs: list[str] = Field([])
    files: list[str] = Field([])


class Base(ManifestObject):
    """The kustomization of knative/base."""

    ignored = frozenset({"resources"})

    api_version: Literal["kustomize.config.k8s.io/v1beta1"]
    kind: Literal["Kustomization"]
    config_map_generator: list[Generator]

    def config_files(self, folder: Path) -> ConfigFiles:
        """Return the files of each ConfigMap. Raise ManifestError where one is not there."""
        found = {
            each.name: {name: folder / name for name in each.files}
            for each in self.config_map_generator
        }
        for path in (path for files in found.values() for path in files.values()):
            if not path.is_file():
                raise ManifestError(f"{folder}: configMapGenerator: {path.name} is not there")
        return found
