"""What all work of one process on one width has in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from functions.aggregate.refresh.counting import Counting
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.store.leases import Leases
from shared.mongo.database import Database, Session
from shared.settings import AggregateSettings


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the work of one process on one width needs; `source` returns the database."""

    source: Callable[[], Database]
    owner: str
    settings: AggregateSettings
    retention: timedelta | None
    remembered: Remembered

    @property
    def database(self) -> Database:
        """The database. Raise TemporaryError where it has not answered yet."""
        return self.source()

    @property
    def leases(self) -> Leases:
        """The leases, for this process."""
        return Leases(self.database, self.owner)

    @property
    def width(self) -> int:
        """The width of a window in seconds."""
        return self.settings.aggregate_window_seconds

    def counting(self, session: Session, *, is_remembered: bool = True) -> Counting:
        """Return what counts pairs in this session, and whether it remembers them."""
        remembered = self.remembered if is_remembered else self.remembered.without_folds()
        return Counting(self.database, session, self.width, self.retention, remembered)
