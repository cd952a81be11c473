"""Flapping: alerts of one rule and device that fire again and again within a short time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ConfigDict

from shared.alerts.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Flaps:
    """When the last alerts fired, and with which of them flapping began.

    Flapping begins with the opening that makes them `flap_openings` within `flap_within`, and is
    over when none was for that long. A new version of the rule counts anew.
    """

    openings: tuple[datetime, ...] = ()
    since: datetime | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")

    def until(self, now: datetime, rule: Rule) -> "Flaps":
        """Return what is left of it at that event time."""
        if not self.openings:
            return self
        oldest = now - rule.flap_within
        left = tuple(opening for opening in self.openings if opening > oldest)
        return Flaps(left, self.since) if left else STEADY

    def with_opening(self, fired: datetime, rule: Rule) -> "Flaps":
        """Return it after one more alert fired; only as many are remembered as can matter."""
        before = self.until(fired, rule)
        openings = (*before.openings, fired)[-rule.flap_openings - 1 :]
        begins = fired if len(openings) >= rule.flap_openings else None
        return Flaps(openings, before.since or begins)


STEADY: Final = Flaps()
