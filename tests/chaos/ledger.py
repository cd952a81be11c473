"""The driver's own account of what devices posted and which responses they got."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.chaos.generated_readings import GeneratedReading, Key


@dataclass(slots=True)
class Entry:
    """One reading, and the reading id of each response that acknowledged it, in their order."""

    reading: GeneratedReading
    acknowledged: list[str] = field(default_factory=list)


class Ledger:
    """All that was posted, by its key. The load writes it in a thread of its own."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.requests = 0
        self.unanswered = 0
        self._lock = threading.Lock()

    def posted(self, readings: Iterable[GeneratedReading]) -> None:
        """Record that these are on their way, before they are."""
        with self._lock:
            self.requests += 1
            for reading in readings:
                self.entries.setdefault(reading.key, Entry(reading))

    def acknowledged(self, reading: GeneratedReading, reading_id: str) -> None:
        """Record a response that called this reading queued."""
        with self._lock:
            self.entries[reading.key].acknowledged.append(reading_id)

    def not_acknowledged(self) -> None:
        """Record a request without a response, or with 503: its readings may be stored or not."""
        with self._lock:
            self.unanswered += 1
