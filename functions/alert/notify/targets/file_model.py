"""The form of the targets file; pure. docs/notifications.md tells it by example."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from functions.alert.notify.targets.settings import REPEAT, WAIT
from shared.times import read_span

_HOST: Final = r"^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$"
_LONGEST_WAIT: Final = timedelta(minutes=5)
_MONTH: Final = timedelta(days=31)
_URL_CHARACTERS: Final = re.compile(r"[!-~]+", re.ASCII)


def _span(value: object) -> timedelta:
    if isinstance(value, str):
        return read_span(value)
    raise ValueError("must be a duration such as 10s, 5m or 4h")


def url_of(text: str) -> str:
    """Return the URL if a notice can be sent to it; raise ValueError with a sentence."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("must be an address such as https://example.org/hooks") from None
    if _URL_CHARACTERS.fullmatch(text) is None or not parts.hostname or port == 0:
        raise ValueError("must be an address such as https://example.org/hooks")
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with https:// or http://")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("must hold no user, no password and no #")
    return text


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
Url = Annotated[str, AfterValidator(url_of)]
Host = Annotated[str, Field(pattern=_HOST, max_length=253)]
LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=64)]
LabelValue = Annotated[str, Field(max_length=256)]
Wait = Annotated[
    timedelta,
    BeforeValidator(_span),
    Field(ge=timedelta(0), le=_LONGEST_WAIT, validate_default=False),
]
Repeat = Annotated[
    timedelta, BeforeValidator(_span), Field(ge=timedelta(0), le=_MONTH, validate_default=False)
]
Flag = Annotated[bool, Field(strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _HttpTarget(_Part):
    name: Name
    url: Url | None = None
    url_env: Variable | None = None  # where the address itself is a secret
    allow_private: Flag = False

    @model_validator(mode="after")
    def _has_one_url(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("must have url or url_env, and not both")
        return self


class WebhookOfFile(_HttpTarget):
    """A webhook that is signed; `secret_env` names one variable, or several while keys rotate."""

    type: Literal["webhook"]
    secret_env: Variable | Annotated[tuple[Variable, ...], Field(min_length=1, max_length=5)]

    @property
    def secret_names(self) -> tuple[str, ...]:
        return (self.secret_env,) if isinstance(self.secret_env, str) else self.secret_env


class AlertmanagerOfFile(_HttpTarget):
    """An Alertmanager; `labels` are added to each alert."""

    type: Literal["alertmanager"]
    labels: dict[LabelName, LabelValue] = Field(default_factory=dict, max_length=20)


TargetOfFile = Annotated[WebhookOfFile | AlertmanagerOfFile, Field(discriminator="type")]


class TargetsFile(_Part):
    """The whole file. `allowed_hosts` are the only ones that an address may name."""

    allowed_hosts: Annotated[tuple[Host, ...], Field(max_length=100)] = ()
    wait: Wait = WAIT
    repeat: Repeat = REPEAT
    targets: Annotated[tuple[TargetOfFile, ...], Field(max_length=20)]
