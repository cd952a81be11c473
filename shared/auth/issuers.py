"""The file of trusted issuers (auth.yaml), validated with line and field; pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.auth.devices import Pattern
from shared.auth.scopes import Scope
from shared.urls import safe_url


class AuthFileError(Exception):
    """A file of issuers, keys or revocations is wrong; the message says where and why."""


_Text = Annotated[str, Field(min_length=1, max_length=1024)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
_Url = Annotated[_Text, AfterValidator(safe_url)]


class Issuer(BaseModel):
    """Whom to trust for what: who signs, by which keys, for whom, and what its tokens may do.

    `scopes` are what a token may do; a token with the claim `scope` may do what both name.
    With `scopes_from` they are those that `scopes_of` gives to the words of that claim (groups).
    `subjects` and `devices` are patterns that the token's `sub` and `dev` must keep to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    issuer: _Text
    audience: _Text
    keys: _Text | None = None
    jwks_url: _Url | None = None
    scopes: tuple[Scope, ...] = ()
    scopes_from: _Text | None = None
    scopes_of: Mapping[str, tuple[Scope, ...]] = {}
    subjects: tuple[_Text, ...] = ()
    devices: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.keys is None) == (self.jwks_url is None):
            raise ValueError("give either keys (a file) or jwks_url")
        if (self.scopes_from is None) != (not self.scopes_of):
            raise ValueError("scopes_from (a claim) and scopes_of (its words) go together")
        if bool(self.scopes) == bool(self.scopes_of):
            raise ValueError("give either scopes, or scopes_from and scopes_of")
        return self


class AuthFile(BaseModel):
    """All trusted issuers, and the name of the file with what is revoked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuers: Annotated[tuple[Issuer, ...], Field(min_length=1)]
    revoked: _Text | None = None

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [one.name for one in self.issuers]
        if len(set(names)) < len(names):
            raise ValueError("two issuers have the same name")
        return self


def read_issuers(text: str) -> AuthFile:
    """Return what the file says. Raise AuthFileError with line, field and reason."""
    try:
        content, nodes = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AuthFileError(f"line {line}: is no YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise AuthFileError(f"is no YAML: {error}") from None
    try:
        return AuthFile.model_validate(content)
    except ValidationError as error:
        faults = [
            _sentence(one["loc"], one["msg"], nodes) for one in error.errors(include_url=False)
        ]
        raise AuthFileError("; ".join(faults)) from None


def _sentence(where: Sequence[str | int], message: str, nodes: yaml.Node | None) -> str:
    field = ".".join(map(str, where))
    return f"line {_line_of(where, nodes)}: {field}: {message.removeprefix('Value error, ')}"


def _line_of(where: Sequence[str | int], node: yaml.Node | None) -> int:
    """Return the line of a field, or of what it is missing in."""
    if node is None:
        return 1
    for part in where:
        child = _child_of(node, part)
        if child is None:
            break
        node = child
    return node.start_mark.line + 1


def _child_of(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        found = (value for key, value in node.value if key.value == str(part))
        return next(found, None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        assert isinstance(child, yaml.Node)
        return child
    return None
