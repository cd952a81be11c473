"""What does an audit say to whom it works for? Lines as it finds them, its progress on a terminal,
and a summary.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.aggregate.audit.window_audit import Audited
from shared.times import rfc3339


@dataclass(slots=True)
class Report:
    """What was found so far; says it, line by line, unless only the summary is wanted."""

    is_json: bool
    start: datetime
    end: datetime
    windows: int = 0
    values: int = 0
    views: int = 0
    being_counted: int = 0
    found: Counter[str] = field(default_factory=Counter)
    repaired: int = 0

    def add(self, audited: Audited) -> None:
        self.windows += 1
        self.values += audited.readings
        self.views += audited.views
        self.being_counted += audited.being_counted
        for one in audited.findings:
            self.found[one.kind] += 1
            self.repaired += one.is_repaired
            if not self.is_json:
                self._say(one.sentence + ("  repaired" if one.is_repaired else ""))
        if sys.stderr.isatty():
            print(
                f"\r{rfc3339(audited.start)}  {self.windows} windows, {self.values} values, "
                f"{self.found.total()} differences",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def end_with_summary(self) -> int:
        """Print the summary; give the exit code."""
        if sys.stderr.isatty():
            print(file=sys.stderr)
        summary = self._summary()
        if self.is_json:
            print(json.dumps(summary))
        else:
            print(", ".join(f"{name} {value}" for name, value in summary.items()))
        return 1 if self.found.total() > self.repaired else 0

    def _say(self, line: str) -> None:
        print(f"\r{line}" if sys.stderr.isatty() else line)

    def _summary(self) -> dict[str, Any]:
        kinds = ("missing", "smaller", "different", "larger", "without_readings", "device")
        return {
            "from": rfc3339(self.start),
            "to": rfc3339(self.end),
            "windows": self.windows,
            "values": self.values,
            "views": self.views,
            "being_counted": self.being_counted,
            **{kind: self.found[kind] for kind in kinds},
            "repaired": self.repaired,
        }
