"""Which override of a rule is a device's: its own, or else that of the longest prefix; pure."""

from collections.abc import Iterable
from typing import Final

from shared.alerts.rules.rule import Rule
from shared.alerts.rules.rule_set import StatedRule

ANY: Final = "*"  # what a prefix ends with; alone it is every device


class Patterns:
    """Devices and prefixes of devices, such as `greenhouse-7` and `greenhouse-*`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(patterns)
        prefixes = {len(each) - 1 for each in self._patterns if each.endswith(ANY)}
        self._lengths = sorted(prefixes, reverse=True)

    def longest_for(self, device_id: str) -> str:
        """Return the device's own pattern, or that of its longest prefix; "" where it has none."""
        if device_id in self._patterns:
            return device_id
        candidates = (device_id[:length] + ANY for length in self._lengths)
        return next((each for each in candidates if each in self._patterns), "")


def rule_for(stated: StatedRule, pattern: str) -> Rule | None:
    """Return the rule for the devices whose longest pattern, of all rules' patterns, is this one.

    Any other pattern that is theirs is a prefix of it.
    """
    rules = {each.device: each.rule for each in stated.overrides}
    stem = pattern.removesuffix(ANY)
    prefixes = (stem[:length] + ANY for length in range(len(stem), -1, -1))
    found = next((each for each in (pattern, *prefixes) if each in rules), None)
    return stated.rule if found is None else rules[found]
