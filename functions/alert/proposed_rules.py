"""Rules that are to be tried: as if they had held for all readings, from the first on; pure."""

from dataclasses import replace

from shared.alerts.rules.history import RuleBook
from shared.alerts.rules.revisions import BEGINNING
from shared.alerts.rules.rule_set import RuleSet


def proposed(rules: RuleSet) -> RuleBook:
    """Return a book in which the rules hold from the beginning, whatever they state of it."""
    always = tuple(replace(each, valid_from=None) for each in rules)
    return RuleBook().publish(always, BEGINNING)
