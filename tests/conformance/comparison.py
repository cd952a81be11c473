"""The comparison of what our KafkaSource does with what the real one was seen to do: pure.

A recording is JSON lines, one per scenario of a group; some scenarios have several.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Key = tuple[str, str, int]  # group, scenario, which of its lines


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which a scenario went otherwise; None stands for a field that is not there."""

    group: str
    scenario: str
    field: str
    real: object
    ours: object

    def __str__(self) -> str:
        return f"{self.group} {self.scenario} {self.field}: real {self.real!r}, ours {self.ours!r}"


def differences(recorded: Iterable[str], observed: Iterable[str]) -> list[Difference]:
    """Return where the observed lines differ from the recorded ones of the same groups."""
    ours = _by_key(observed)
    groups = {group for group, _, _ in ours}
    real = {key: line for key, line in _by_key(recorded).items() if key[0] in groups}
    found: list[Difference] = []
    for key in sorted(real.keys() | ours.keys()):
        found += _of_one(key, real.get(key, {}), ours.get(key, {}))
    return found


def known_differences(file: Path) -> list[Difference]:
    """Read the list of those that remain; each has a reason."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for each in content["in_the_recording"] + content["outside_the_recording"]:
        if not each["reason"]:
            raise ValueError(f"{file}: {each} has no reason")
    fields = ("group", "scenario", "field", "real", "ours")
    return [Difference(*(each[name] for name in fields)) for each in content["in_the_recording"]]


def objections(
    found: Sequence[Difference], known: Sequence[Difference], groups: Iterable[str]
) -> list[str]:
    """Return what is to be complained about: unknown differences, and known ones that are gone."""
    compared = set(groups)
    gone = [each for each in known if each.group in compared and each not in found]
    unknown = [str(each) for each in found if each not in known]
    return unknown + [f"listed, but not seen: {each}" for each in gone]


def groups_of(lines: Iterable[str]) -> list[str]:
    """Return the groups of a recording, in its order."""
    return list(dict.fromkeys(json.loads(line)["group"] for line in lines))


def _by_key(lines: Iterable[str]) -> dict[Key, Mapping[str, Any]]:
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[Key, Mapping[str, Any]] = {}
    for line in lines:
        content = json.loads(line)
        name = (content["group"], content["scenario"])
        seen[name] += 1
        found[(*name, seen[name])] = content
    return found


def _of_one(key: Key, real: Mapping[str, Any], ours: Mapping[str, Any]) -> list[Difference]:
    group, scenario, _ = key
    return [
        Difference(group, scenario, field, real.get(field), ours.get(field))
        for field in sorted(real.keys() | ours.keys())
        if real.get(field) != ours.get(field)
    ]
