"""Opaque cursors: a position in a list, as a text that only its own list accepts.

The routes write one into `next_cursor` and read it back from `cursor`.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from shared.readings.identity import EPOCH, microseconds_of


class WrongCursor(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The text is no cursor, or one of another list or of other filters."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last row that was shown: its time (aware UTC, whole milliseconds) and its `_id`.

    A page that begins after a row, and not after a number of rows, neither repeats nor skips one
    when newer rows arrive.
    """

    at: datetime
    row_id: str


def cursor_of(position: Position, bound_to: str) -> str:
    """Return the text of a position; `bound_to` names the list and its filters."""
    milliseconds = microseconds_of(position.at) // 1000
    content = [milliseconds, position.row_id, _check(milliseconds, position.row_id, bound_to)]
    text = json.dumps(content, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(cursor: str, bound_to: str) -> Position:
    """Return the position that a cursor stands for.

    Raise WrongCursor where it was not made for `bound_to`.
    """
    try:
        text = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        milliseconds, row_id, check = json.loads(text)
        if check == _check(milliseconds, row_id, bound_to):
            return _position(milliseconds, row_id)
    except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise WrongCursor from error
    raise WrongCursor


def _position(milliseconds: object, row_id: object) -> Position:
    # The check is no secret, so what it holds is tested as any other input is.
    if type(milliseconds) is not int or not isinstance(row_id, str):
        raise WrongCursor
    row_id.encode()  # raises for a lone surrogate, which JSON can hold and the database cannot
    return Position(EPOCH + timedelta(milliseconds=milliseconds), row_id)


def _check(milliseconds: object, row_id: object, bound_to: str) -> str:
    content = json.dumps([bound_to, milliseconds, row_id])
    return blake2b(content.encode(), digest_size=8).hexdigest()
