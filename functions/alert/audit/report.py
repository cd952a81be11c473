"""The report of an audit of alerts: what differs, line by line, how far it is, and a summary."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from functions.alert.audit.device_audit import Audited

_KINDS: Final = ("missing", "different", "surplus", "overdue")
_PROGRESS_S: Final = 10.0


@dataclass(slots=True)
class Report:
    """What was found so far; printed line by line, unless only the summary is wanted."""

    is_json: bool
    revision: int
    devices: int = 0
    readings: int = 0
    alerts: int = 0
    waiting: int = 0
    found: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    last: str = ""
    _reported_at: float = field(default_factory=time.monotonic)

    def add(self, audited: Audited) -> None:
        """Take in one audited device."""
        self.devices += 1
        self.readings += audited.readings
        self.alerts += audited.alerts
        self.waiting += audited.is_waiting
        self.last = audited.device_id
        for one in audited.findings:
            self.found[one.kind] += 1
            self.repaired += audited.is_repaired
            if not self.is_json:
                print(one.sentence + ("  repaired" if audited.is_repaired else ""))
        if time.monotonic() - self._reported_at >= _PROGRESS_S:
            self._reported_at = time.monotonic()
            line = f"{audited.device_id}  {self.devices} devices, {self.found.total()} differences"
            print(line, file=sys.stderr, flush=True)

    def end_with_summary(self) -> int:
        """Print the summary; return the exit code."""
        summary = {
            "rules": self.revision,
            "devices": self.devices,
            "readings": self.readings,
            "alerts": self.alerts,
            "waiting": self.waiting,
            **{kind: self.found[kind] for kind in _KINDS},
            "repaired": self.repaired,
        }
        if self.is_json:
            print(json.dumps(summary))
        else:
            print(", ".join(f"{name} {value}" for name, value in summary.items()))
        return 1 if self.found.total() > self.repaired else 0
