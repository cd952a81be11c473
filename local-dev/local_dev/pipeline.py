"""How do the functions and the arrows between them run on this machine? `local-dev/up` calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What `local-dev/up` decides; all else comes from the manifests under `root`."""

    root: Path
    kafka_bootstrap: str
    mongo_url: str
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    keep_warm: bool
    idle_s: float
    only: frozenset[str] | None


class Pipeline:
    """Functions, KafkaSources, KafkaSink and PingSource of the manifests, running here."""

    def __init__(self, settings: PipelineSettings, on_line: Callable[[str, str], None]) -> None:
        self._settings = settings
        self._on_line = on_line

    async def start(self) -> None:
        """Make the topics, bring up the functions that are always on, and start consuming."""

    async def stop(self) -> None:
        """Hand the partitions back, end the functions, leave nothing behind."""

    def status(self) -> dict[str, object]:
        """Return `{"sources": {name: {...}}, "functions": {name: {...}}}`, ready for JSON."""
        return {"sources": {}, "functions": {}}
