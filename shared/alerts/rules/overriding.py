"""Which override of a rule is a device's: its own, or else that of the longest prefix; pure."""

from bisect import bisect_left
from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from shared.alerts.rules.rule import Rule
from shared.alerts.rules.rule_set import Override, StatedRule

ANY: Final = "*"  # what a prefix ends with; alone it is every device


class Patterns:
    """Devices and prefixes of devices, such as `greenhouse-7` and `greenhouse-*`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(patterns)
        prefixes = {len(each) - 1 for each in self._patterns if each.endswith(ANY)}
        self._lengths = sorted(prefixes, reverse=True)

    def longest_for(self, device_id: str) -> str:
        """Return the device's own pattern, or that of its longest prefix; "" where it has none."""
        if not self._patterns:
            return ""
        if device_id in self._patterns:
            return device_id
        candidates = (device_id[:length] + ANY for length in self._lengths)
        return next((each for each in candidates if each in self._patterns), "")


def rule_for(stated: StatedRule, pattern: str) -> Rule | None:
    """Return the rule for the devices whose longest pattern, of all rules' patterns, is this one.

    Any other pattern that is theirs is a prefix of it.
    """
    stem = pattern.removesuffix(ANY)
    prefixes = (stem[:length] + ANY for length in range(len(stem), -1, -1))
    found = (_override(stated, each) for each in (pattern, *prefixes))
    override = next((each for each in found if each is not None), None)
    return stated.rule if override is None else override.rule


def _override(stated: StatedRule, pattern: str) -> Override | None:
    at = bisect_left(stated.overrides, pattern, key=attrgetter("device"))
    found = stated.overrides[at : at + 1]
    return found[0] if found and found[0].device == pattern else None
