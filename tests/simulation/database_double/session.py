"""What a session knows. The latest time that the database told in it: what it reads next is not
older than that.
"""

from typing import Self

from bson.timestamp import Timestamp

from tests.simulation.database_double.replica import Optime


class Session:
    """As pymongo's, for what the stores use of it."""

    def __init__(self, *, causal_consistency: bool) -> None:
        self.is_causal = causal_consistency
        self.latest: Optime | None = None

    @property
    def operation_time(self) -> Timestamp | None:
        return None if self.latest is None else Timestamp(*self.latest)

    def saw(self, optime: Optime) -> None:
        if self.latest is None or optime > self.latest:
            self.latest = optime

    def not_before(self) -> Optime:
        """Give the time that a read in this session must have reached."""
        if self.latest is None or not self.is_causal:
            return Optime(0, 0)
        return self.latest

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return
