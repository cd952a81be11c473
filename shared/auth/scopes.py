"""What a caller may do: one closed set of scopes; pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a token may be used for. The names are the ones of the file of issuers."""

    INGEST = "ingest"  # post readings, for the token's devices
    READ = "read"  # read what the dashboard serves
    ALERTS_ACK = "alerts:ack"  # acknowledge and silence alerts
    RULES_WRITE = "rules:write"
    DLQ_REDRIVE = "dlq:redrive"
    ADMIN = "admin"  # all that the dashboard offers; not ingest, not events
    EVENTS = "events"  # deliver events to aggregate, alert and dlq


_OF_AN_ADMIN: Final = frozenset(
    {Scope.READ, Scope.ALERTS_ACK, Scope.RULES_WRITE, Scope.DLQ_REDRIVE, Scope.ADMIN}
)


def with_implied(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes, and those that `admin` brings."""
    given = frozenset(scopes)
    return given | _OF_AN_ADMIN if Scope.ADMIN in given else given


def scopes_in(words: Iterable[object]) -> frozenset[Scope]:
    """Return the scopes among the words of a claim; words that are none count for nothing."""
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[word] for word in words if isinstance(word, str) and word in known)
