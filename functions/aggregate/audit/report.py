"""The report of an audit: what it finds, line by line, how far it is, and a summary."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from functions.aggregate.audit.horizon import Horizon
from functions.aggregate.audit.window_audit import Audited, Finding
from shared.times import rfc3339

_KINDS: Final = ("missing", "smaller", "different", "larger", "without_readings", "device", "hour")
_PROGRESS_S: Final = 10.0  # where nobody looks at a terminal


@dataclass(slots=True)
class Report:
    """What was found so far; printed line by line, unless only the summary is wanted."""

    is_json: bool
    start: datetime
    end: datetime
    width: timedelta
    horizon: Horizon
    windows: int = 0
    not_intact: int = 0
    values: int = 0
    views: int = 0
    being_counted: int = 0
    found: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    _reported_at: float = field(default_factory=time.monotonic)

    @property
    def resumes_at(self) -> datetime:
        """What is before this time need not be audited again."""
        return self.start

    def begin(self) -> None:
        """Print what is wrong with the horizon: the audit ends there."""
        if self.horizon.is_standing:
            self._print(self.horizon.sentence())

    def add(self, audited: Audited) -> None:
        """Take in one audited window."""
        self.start = audited.start + self.width
        if not audited.is_intact:
            self.not_intact += 1
            return
        self.windows += 1
        self.values += audited.readings
        self.views += audited.views
        self.being_counted += audited.being_counted
        for one in audited.findings:
            self.add_finding(one)
        self._show_progress(audited.start)

    def add_finding(self, one: Finding) -> None:
        """Take in what differs."""
        self.found[one.kind] += 1
        self.repaired += one.is_repaired
        self._print(one.sentence + ("  repaired" if one.is_repaired else ""))

    def end_with_summary(self, first: datetime) -> int:
        """Print the summary of what was audited since `first`; return the exit code."""
        if sys.stderr.isatty():
            print(file=sys.stderr)
        summary = self._summary(first)
        if self.is_json:
            print(json.dumps(summary))
        else:
            print(", ".join(f"{name} {value}" for name, value in summary.items()))
        is_wrong = self.found.total() > self.repaired or self.horizon.is_standing
        return 1 if is_wrong else 0

    def _show_progress(self, at: datetime) -> None:
        line = (
            f"{rfc3339(at)}  {self.windows} windows, {self.values} values, "
            f"{self.found.total()} differences"
        )
        if sys.stderr.isatty():
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._reported_at >= _PROGRESS_S:
            self._reported_at = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def _print(self, line: str) -> None:
        if not self.is_json:
            print(f"\r{line}" if sys.stderr.isatty() else line)

    def _summary(self, first: datetime) -> dict[str, Any]:
        return {
            "from": rfc3339(first),
            "to": rfc3339(self.end),
            "horizon_stands_still": self.horizon.is_standing,
            "horizon_behind_s": round(self.horizon.behind.total_seconds()),
            "windows": self.windows,
            "not_intact": self.not_intact,
            "values": self.values,
            "views": self.views,
            "being_counted": self.being_counted,
            **{kind: self.found[kind] for kind in _KINDS},
            "repaired": self.repaired,
        }
