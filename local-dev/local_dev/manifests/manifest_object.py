"""The base of all models of manifests: flat, with a field for each path that local-dev heeds.

A path that is no field is refused: what a cluster would heed must not be ignored here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

T = TypeVar("T", bound=BaseModel)


class ManifestError(Exception):
    """A manifest is wrong or says what local-dev cannot play; the message names file and field."""


class ManifestObject(BaseModel):
    """A mapping in a manifest. A field's alias is its path, like `spec.topics.0`.

    `ignored` are paths that mean nothing on one machine; `spec.*` is all in spec that is no field.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, populate_by_name=True
    )
    ignored: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _flattened(cls, content: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        return dict(cls._paths(content, "")) if isinstance(content, dict) else content

    @classmethod
    def _paths(cls, content: Any, parent: str) -> Iterator[tuple[str, object]]:  # noqa: ANN401
        aliases = {field.alias or name for name, field in cls.model_fields.items()}
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            path = f"{parent}{key}"
            leads_on = any(alias.startswith(f"{path}.") for alias in aliases)
            if leads_on and path not in aliases and isinstance(value, (dict, list)):
                yield from cls._paths(value, f"{path}.")
            elif path in aliases or not cls.ignored & {path, f"{parent}*"}:
                yield path, value


def read(model: type[T], content: object, file: Path) -> T:
    """Return the manifest as a `model`. Raise ManifestError, one line for each wrong field."""
    try:
        return model.model_validate(content, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ManifestError("\n".join(f"{file}: {_sentence(e)}" for e in error.errors())) from error


def _sentence(error: ErrorDetails) -> str:
    field = ".".join(map(str, error["loc"])) or "the document"
    match error["type"]:
        case "missing":
            return f"{field}: is missing"
        case "extra_forbidden":
            return f"{field}: local-dev does not know this field and would not heed it"
    return f"{field}: is {error['input']!r}: {error['msg']}"
