"""What a target is: where notices go, and the request that tells one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One POST to a target: all that the client needs, and whether it may go to our networks."""

    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is told now: a notice as it is sent, and for a digest its members.

    `kind` is what the receiver is told, which may differ from the row's: the first that it hears of
    an alert is always `opened`. `at` is when the notice came up, by the database's clock.
    """

    notice_id: str
    uid: str
    kind: str
    at: datetime
    alert: Mapping[str, Any]
    members: Sequence[Mapping[str, Any]] = field(default=())
    count: int = 1


class Target(Protocol):
    """Where notices go.

    `keeps_state`: it is told what is, not what happened: it groups, repeats and damps by itself,
    and forgets what is not told again (an Alertmanager). `fingerprint` changes with the
    configuration, and holds no secret.
    """

    @property
    def name(self) -> str: ...

    @property
    def keeps_state(self) -> bool: ...

    @property
    def fingerprint(self) -> str: ...

    def request_of(self, message: Message, now: datetime) -> Request:
        """Return the request that tells the message at `now`."""
        ...


class StateTarget(Target, Protocol):
    """A target that is told again, at each tick, what lasts."""

    def request_of_all(self, alerts: Sequence[Mapping[str, Any]], now: datetime) -> Request:
        """Return the request that tells that these alerts last."""
        ...
