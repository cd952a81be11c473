"""What is wrong with the form of a rules file, in sentences for who wrote it; pure."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.alerts.rules.faults import Fault, Path
from shared.alerts.rules.file_model import BOUNDS, NUMBER
from shared.alerts.rules.message import number_text

_KIND_AT: Final = 2  # pydantic puts a rule's kind behind its number
_LIMITS: Final = ("open", "clear")
_FORMS_OF_LIMITS: Final = (NUMBER, BOUNDS)
_SENTENCES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is no field here",
    "union_tag_invalid": lambda context: f"must be one of {context['expected_tags']}",
    "union_tag_not_found": lambda _: "is missing",
    "list_type": lambda _: "must be a list",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a number",
    "int_type": lambda _: "must be a whole number",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be a text",
    "too_short": lambda _: "must have an entry",
    "too_long": lambda context: f"must not have more than {context['max_length']} entries",
    "string_too_long": lambda context: f"must not be longer than {context['max_length']}",
    "string_pattern_mismatch": lambda context: f"must match {context['pattern']}",
    "greater_than_equal": lambda context: f"must be {number_text(context['ge'])} or more",
    "less_than_equal": lambda context: f"must be {number_text(context['le'])} or less",
}


def form_faults(error: ValidationError) -> Iterator[Fault]:
    """Return what pydantic found, each with the path that the file has for it."""
    for each in error.errors():
        yield Fault(_path_of(each), _sentence_of(each))


def _path_of(error: ErrorDetails) -> Path:
    steps = error["loc"]
    kept = [
        step
        for at, step in enumerate(steps)
        if not (at == _KIND_AT and steps[0] == "rules")
        and not (at and steps[at - 1] in _LIMITS and step in _FORMS_OF_LIMITS)
    ]
    return (*kept, "kind") if error["type"].startswith("union_tag") else tuple(kept)


def _sentence_of(error: ErrorDetails) -> str:
    if error["type"] in ("model_type", "model_attributes_type"):
        is_limit = error["loc"] and error["loc"][-1] in _LIMITS
        return "must be of the form {low: .., high: ..}" if is_limit else "must be a mapping"
    if error["type"] in _SENTENCES:
        return _SENTENCES[error["type"]](error.get("ctx", {}))
    return error["msg"].removeprefix("Value error, ")
