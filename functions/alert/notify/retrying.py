"""What becomes of a notice after an attempt: delivered, again later, stuck, or target off; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

# The schedule of Standard Webhooks, until three days after the first attempt.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
LONGEST_WAIT: Final = timedelta(days=1)  # that a Retry-After can ask for
_AGAIN: Final = frozenset({408, 425, 429})
_GONE: Final = 410


class Outcome(StrEnum):
    """What an attempt led to: also the label of its metric."""

    DELIVERED = "delivered"
    AGAIN = "again"
    OFF = "off"  # the target wants nothing any more
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt met: a status (None: no answer came), its Retry-After, a word for people."""

    status: int | None
    detail: str = ""
    retry_after: str | None = None


def outcome_of(answer: Answer) -> Outcome:
    """Return what the answer means.

    2xx is done. No answer, 408, 425, 429 and 5xx may be better later, and so may a redirect, which
    is not followed: it may be of a proxy under maintenance. 410 switches the target off. Any other
    status would be the same again.
    """
    status = answer.status
    if status is None or status in _AGAIN or status >= 500 or 300 <= status < 400:  # noqa: PLR2004
        return Outcome.AGAIN
    if 200 <= status < 300:  # noqa: PLR2004 - successes
        return Outcome.DELIVERED
    return Outcome.OFF if status == _GONE else Outcome.STUCK


def next_wait(attempts: int, answer: Answer, now: datetime) -> timedelta | None:
    """Return how long to wait after this many attempts, None where they were the last.

    At least as long as the target asked for by Retry-After, up to a day.
    """
    if attempts > len(WAITS):
        return None
    return max(WAITS[attempts - 1], min(_asked_for(answer.retry_after, now), LONGEST_WAIT))


def _asked_for(retry_after: str | None, now: datetime) -> timedelta:
    """Return what a Retry-After says (RFC 9110, 10.2.3); nothing where it cannot be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    if until.tzinfo is None:  # "-0000": of an unknown place, in UTC
        until = until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))
