"""What all work of one process on alerts needs besides a session: its rules, and whom to tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from functions.alert.rules_in_force import RulesInForce
from shared.mongo.collections import Document


class Notices(Protocol):
    """Tells people of changes: rows for the outbox, which somebody then sends."""

    def rows_for(
        self,
        kind: str,
        alert: Mapping[str, Any],
        commit: int,
        now: datetime,
        *,
        was_flapping: bool = False,
    ) -> Sequence[Document]: ...

    def soon(self) -> None: ...


class Nobody:
    """Tells nobody: the audit's and the tests' choice."""

    def rows_for(
        self,
        kind: str,  # noqa: ARG002 - whatever it is
        alert: Mapping[str, Any],  # noqa: ARG002 - whatever it is
        commit: int,  # noqa: ARG002 - whatever it is
        now: datetime,  # noqa: ARG002 - whatever it is
        *,
        was_flapping: bool = False,  # noqa: ARG002 - whatever it is
    ) -> Sequence[Document]:
        """Return no rows."""
        return ()

    def soon(self) -> None:
        """Do nothing: there is nothing to be sent."""


NOBODY: Final = Nobody()


@dataclass(frozen=True, slots=True)
class AlertWork:
    """The rules that are in force, as this process knows them, and its notices."""

    rules: RulesInForce
    notices: Notices = NOBODY
