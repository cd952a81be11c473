"""The load generator's plan, and its tally of what became of the readings."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from local_dev.load.device import Shares

NONE = Shares()


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """`devices` that each give `rps` readings a second, `batch` of them in one request.

    `jitter` is the part of the interval by which a request may be early or late. It ends after
    `seconds` or `count` readings, whichever comes first; None means no such end.
    `token` is the credential.
    """

    base_url: str
    devices: int
    rps: float
    jitter: float = 0.2
    batch: int = 1
    shares: Shares = NONE
    seconds: float | None = None
    count: int | None = None
    token: str = field(default="", repr=False)

    @property
    def interval_s(self) -> float:
        """The time between two requests of one device."""
        return self.batch / self.rps


@dataclass(slots=True)
class Tally:
    """How many readings were sent, and ingest's responses; `latencies_s` is per request."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    latencies_s: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def responded(self, readings: int, status: int, body: bytes, latency_s: float) -> None:
        """Count one request with that many readings by its response."""
        self.latencies_s.append(latency_s)
        if status == HTTPStatus.ACCEPTED:
            self.accepted += readings
        elif status == HTTPStatus.UNPROCESSABLE_ENTITY:
            self.rejected += readings
        elif status == HTTPStatus.MULTI_STATUS:
            content = json.loads(body)
            self.accepted += content["accepted"]
            self.rejected += content["rejected"]
        else:
            self.failure(readings, f"status {status}")

    def failure(self, readings: int, reason: str) -> None:
        """Count one request whose readings were not accepted."""
        self.failed += readings
        self.failures[reason] += 1

    def progress(self, elapsed_s: float) -> str:
        """Return the numbers so far as one line."""
        rate = self.sent / elapsed_s if elapsed_s else 0.0
        return (
            f"{elapsed_s:6.0f} s  sent {self.sent}  accepted {self.accepted}"
            f"  rejected {self.rejected}  failed {self.failed}  {rate:.0f}/s"
        )

    def summary(self, elapsed_s: float) -> str:
        """Return the numbers at the end, with the latency of requests in milliseconds."""
        lines = [
            f"sent      {self.sent} readings in {elapsed_s:.1f} s",
            f"accepted  {self.accepted}",
            f"rejected  {self.rejected}",
            f"failed    {self.failed}",
        ]
        open_ = self.sent - self.accepted - self.rejected - self.failed
        if open_:
            lines.append(f"open      {open_} without a response at the end")
        lines += [
            f"          {count} requests: {why}" for why, count in self.failures.most_common()
        ]
        if self.latencies_s:
            p50, p95, p99 = (percentile(self.latencies_s, p) * 1000 for p in (50, 95, 99))
            lines.append(f"latency   p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
        return "\n".join(lines)


def percentile(values: list[float], percent: float) -> float:
    """Return the smallest value that `percent` % of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
