"""The labels of a series, and what selects it; pure.

Regular expressions are RE2's, anchored: their time is linear in the text, whatever they are.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

import re2

from functions.dashboard.prometheus.errors import wrong

NAME: Final = "__name__"
DEVICE: Final = "device_id"
Labels = tuple[tuple[str, str], ...]  # by name, none of them empty
MatchOp = Literal["=", "!=", "=~", "!~"]
_MAX_REGEX: Final = 1_000  # characters
_OPTIONS: Final = re2.Options()
_OPTIONS.max_mem = 1 << 20
_OPTIONS.log_errors = False
_OPTIONS.dot_nl = True


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a label must be; one that a series does not have is empty."""

    name: str
    op: MatchOp
    value: str

    def matches(self, value: str) -> bool:
        """Return whether the label may have this value."""
        if self.op in ("=", "!="):
            return (value == self.value) == (self.op == "=")
        return (regex(self.value).fullmatch(value) is not None) == (self.op == "=~")


def regex(text: str) -> re2._Regexp:
    """Return the compiled expression. Raise QueryError where it is none."""
    if len(text) > _MAX_REGEX:
        raise wrong(f"a regular expression is longer than {_MAX_REGEX} characters")
    try:
        return re2.compile(text, _OPTIONS)
    except re2.error as error:
        raise wrong(f"{text!r} is no regular expression: {error}") from None


def of(labels: Labels, name: str) -> str:
    """Return a label, "" where there is none of that name."""
    return next((value for own, value in labels if own == name), "")


def without_name(labels: Labels) -> Labels:
    """Return the labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def keeping(labels: Labels, names: Collection[str]) -> Labels:
    """Return these labels alone."""
    return tuple(pair for pair in labels if pair[0] in names)


def dropping(labels: Labels, names: Collection[str]) -> Labels:
    """Return all labels but these."""
    return tuple(pair for pair in labels if pair[0] not in names)


def match_all(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Return whether all of them match."""
    return all(one.matches(of(labels, one.name)) for one in matchers)
