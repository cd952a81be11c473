"""Where a client is in the history of changes: a time of the database's own clock; pure.

It is the `id` of server-sent events. Unlike a resume token it means the same to every instance, and
to a stream that watches something else.
"""

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})", re.ASCII)
_END: Final = 2**32  # both parts of MongoDB's timestamps have 32 bits


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A moment of the database's clock: seconds since 1970, and a number within the second."""

    seconds: int
    number: int

    def __str__(self) -> str:
        return f"{self.seconds}.{self.number}"

    def earlier_by(self, seconds: int) -> "Position":
        """Return the position so many seconds before."""
        return Position(max(self.seconds - seconds, 0), self.number)


def position_in(text: str) -> Position | None:
    """Return the position that a text of ours states; None for any other text."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    seconds, number = int(found[1]), int(found[2])
    return Position(seconds, number) if max(seconds, number) < _END else None
