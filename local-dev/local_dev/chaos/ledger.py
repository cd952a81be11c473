"""What did devices hear of their readings? The driver's own account, apart from the system's."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_dev.chaos.generated_readings import Key, Said


@dataclass(slots=True)
class Entry:
    """One reading, and the reading ids of all answers that acknowledged it, in their order."""

    said: Said
    acknowledged: list[str] = field(default_factory=list)


class Ledger:
    """All that was said, by its key. The load writes it in a thread of its own."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.requests = 0
        self.unanswered = 0
        self._lock = threading.Lock()

    def sent(self, readings: Iterable[Said]) -> None:
        """Write down that these are on their way, before they are."""
        with self._lock:
            self.requests += 1
            for said in readings:
                self.entries.setdefault(said.key, Entry(said))

    def acknowledged(self, said: Said, reading_id: str) -> None:
        """Write down that an answer called this reading queued."""
        with self._lock:
            self.entries[said.key].acknowledged.append(reading_id)

    def not_acknowledged(self) -> None:
        """Write down that a request had no answer, or 503: nobody knows what became of it."""
        with self._lock:
            self.unanswered += 1
