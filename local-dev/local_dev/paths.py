"""The folders and files that local-dev keeps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KAFKA_LOCK = ROOT / "local-dev" / "kafka-jars.lock"
KAFKA_JARS = ROOT / ".data" / "cache" / "kafka"  # one for all data folders of this checkout
CHARTS_LOCK = ROOT / "local-dev" / "chart-jars.lock"
CHARTS_JARS = ROOT / ".data" / "cache" / "charts"
CHARTS = CHARTS_JARS / "unpacked"
DATA_VARIABLE = "IOT_TELEMETRY_DATA"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one running system: two systems beside each other have two of these."""

    data: Path

    @classmethod
    def chosen_by(cls, option: str | Path | None) -> Places:
        """Take the folder of the option `--data`, else of IOT_TELEMETRY_DATA, else `.data`."""
        chosen = option or os.environ.get(DATA_VARIABLE)
        return cls(Path(chosen).expanduser().absolute() if chosen else ROOT / ".data")

    @property
    def kafka(self) -> Path:
        return self.data / "kafka"

    @property
    def mongo(self) -> Path:
        return self.data / "mongo"

    @property
    def auth(self) -> Path:
        """The file of trusted issuers of `up --auth`, with its keys beside it."""
        return self.data / "auth" / "auth.yaml"

    @property
    def run(self) -> Path:
        """The lock and the addresses of the system that runs here."""
        return self.data / "run"
