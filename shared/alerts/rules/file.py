"""The rules of a rules file, merged with those of the environment; pure.

Whatever is wrong is told with file, line and field: `rules.yaml:14: rules[2].levels[0].clear: must
not be above open 30`.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from pydantic import ValidationError

from shared.alerts.rules.building import rule_of
from shared.alerts.rules.changing import changed, faults_in_change
from shared.alerts.rules.faults import Fault, Path, faults_of
from shared.alerts.rules.file_model import OverrideOfFile, RulesFile
from shared.alerts.rules.form_faults import form_faults
from shared.alerts.rules.marked_yaml import MarkedYaml, YamlError, read_marked
from shared.alerts.rules.rule import Rule
from shared.alerts.rules.rule_set import MAX_CHARACTERS, Override, RuleSet, StatedRule
from shared.settings import SettingsError

_MOST_FAULTS: Final = 10


def rule_set_of(text: str, name: str, environment: Sequence[Rule]) -> RuleSet:
    """Return the rules of the file's text and those of the environment that it does not replace.

    Raise SettingsError with everything that is wrong; `name` is what the file is called in it.
    """
    document = _document_of(text, name)
    try:
        said = RulesFile.model_validate(document.content)
    except ValidationError as error:
        raise _refusal(name, document, form_faults(error)) from None
    own = [rule_of(each) for each in said.rules]
    rules = {rule.rule_id: rule for rule in (*environment, *own)}
    faults = [*_faults_in_rules(own), *_faults_in_overrides(said.overrides, rules)]
    if faults:
        raise _refusal(name, document, faults)
    valid_from = {each.id: each.valid_from for each in said.rules}
    return tuple(
        StatedRule(
            rule=rules[rule_id],
            valid_from=valid_from.get(rule_id),
            overrides=_overrides_of(rules[rule_id], said.overrides),
        )
        for rule_id in sorted(rules)
    )


def _document_of(text: str, name: str) -> MarkedYaml:
    if len(text) > MAX_CHARACTERS:
        raise SettingsError(f"{name}:1: must not be longer than {MAX_CHARACTERS} characters")
    try:
        document = read_marked(text)
    except YamlError as error:
        raise SettingsError(f"{name}:{error.line}: {error}") from error
    if document.content is None:
        raise SettingsError(f"{name}:1: is empty; a file without rules says: rules: []")
    return document


def _faults_in_rules(rules: Sequence[Rule]) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, rule in enumerate(rules):
        if rule.rule_id in seen:
            yield Fault(("rules", at, "id"), f"{rule.rule_id!r} is there twice")
        seen.add(rule.rule_id)
        for fault in faults_of(rule):
            yield fault.within("rules", at)


def _faults_in_overrides(
    overrides: Sequence[OverrideOfFile], rules: Mapping[str, Rule]
) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for at, said in enumerate(overrides):
        if said.rule not in rules:
            reason = f"there is no rule {said.rule!r}; there are {', '.join(sorted(rules))}"
            yield Fault(("overrides", at, "rule"), reason)
            continue
        if (said.rule, said.device) in seen:
            reason = f"{said.device!r} has an override of {said.rule} already"
            yield Fault(("overrides", at, "device"), reason)
        seen.add((said.rule, said.device))
        for fault in faults_in_change(rules[said.rule], said):
            yield fault.within("overrides", at)


def _overrides_of(rule: Rule, overrides: Sequence[OverrideOfFile]) -> tuple[Override, ...]:
    return tuple(
        Override(device=said.device, rule=changed(rule, said) if said.enabled else None)
        for said in overrides
        if said.rule == rule.rule_id
    )


def _refusal(
    name: str, document: MarkedYaml, faults: Iterator[Fault] | Sequence[Fault]
) -> SettingsError:
    found = [(document.line_of(each.path), *each) for each in faults]
    found.sort(key=itemgetter(0))
    told = [f"{name}:{line}: {_text(path)}: {reason}" for line, path, reason in found]
    more = len(told) - _MOST_FAULTS
    rest = [f"and {more} more"] if more > 0 else []
    return SettingsError("; ".join(told[:_MOST_FAULTS] + rest))


def _text(path: Path) -> str:
    """Write a path as `rules[2].levels[0].clear`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or "the file"
