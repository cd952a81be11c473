"""The targets of the targets file; pure but for its secrets, which the environment holds.

Whatever is wrong is told with file, line and field: `notify.yaml:7: targets[0].url: is missing`. No
message holds a secret.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from functions.alert.notify.targets.alertmanager import Alertmanager
from functions.alert.notify.targets.file_model import (
    AlertmanagerOfFile,
    TargetOfFile,
    TargetsFile,
    WebhookOfFile,
    url_of,
)
from functions.alert.notify.targets.settings import Targets
from functions.alert.notify.targets.signature import key_of
from functions.alert.notify.targets.target import Target
from functions.alert.notify.targets.webhook import Webhook
from shared.alerts.rules.faults import Fault, Path
from shared.alerts.rules.marked_yaml import MarkedYaml, YamlError, read_marked
from shared.settings import SettingsError

MAX_CHARACTERS: Final = 64 * 1024
_MOST_FAULTS: Final = 10
_TYPE_AT: Final = 2  # pydantic puts a target's type behind its number
_FORMS: Final = ("constrained-str", "str", "tuple[constrained-str, ...]")  # of secret_env
_SENTENCES: Final = {
    "missing": "is missing",
    "extra_forbidden": "is no field here",
    "union_tag_not_found": "is missing",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}


def targets_of(text: str, name: str, environment: Mapping[str, str]) -> Targets:
    """Return what the file says; raise SettingsError with everything that is wrong.

    `name` is what the file is called in it, `environment` holds the secrets that it names.
    """
    document = _document_of(text, name)
    try:
        file = TargetsFile.model_validate(document.content)
    except ValidationError as error:
        raise _refusal(name, document, map(_fault_of, error.errors())) from None
    reading = _Reading(file, environment)
    targets = [reading.target_of(at, stated) for at, stated in enumerate(file.targets)]
    if reading.faults:
        raise _refusal(name, document, reading.faults)
    return Targets(tuple(one for one in targets if one is not None), file.wait, file.repeat)


class _Reading:
    """The building of the targets of one file, and what is found wrong meanwhile."""

    def __init__(self, file: TargetsFile, environment: Mapping[str, str]) -> None:
        self.faults: list[Fault] = []
        self._hosts = file.allowed_hosts
        self._names: set[str] = set()
        self._environment = environment

    def target_of(self, at: int, stated: TargetOfFile) -> Target | None:
        """Return the target; None where something is wrong, which is in `faults` then."""
        before = len(self.faults)
        if stated.name in self._names:
            self._wrong(at, "name", f"{stated.name!r} is there twice")
        self._names.add(stated.name)
        url = self._url_of(at, stated)
        keys = self._keys_of(at, stated) if isinstance(stated, WebhookOfFile) else []
        if len(self.faults) > before:
            return None
        if isinstance(stated, AlertmanagerOfFile):
            return Alertmanager(stated.name, url, stated.labels, stated.allow_private)
        return Webhook(stated.name, url, tuple(keys), stated.allow_private)

    def _url_of(self, at: int, stated: TargetOfFile) -> str:
        field = "url" if stated.url is not None else "url_env"
        url = stated.url or ""
        if stated.url_env is not None:
            url = self._secret(at, field, stated.url_env)
            if not url:
                return ""
        try:
            parts = urlsplit(url_of(url))
        except ValueError as error:
            self._wrong(at, field, str(error))
            return ""
        host = (parts.hostname or "").lower()
        if not any(_matches(pattern.lower(), host) for pattern in self._hosts):
            self._wrong(at, field, "its host is not in allowed_hosts")
        if parts.scheme == "http" and not stated.allow_private:
            self._wrong(at, field, "must begin with https:// unless allow_private is true")
        return url

    def _keys_of(self, at: int, stated: WebhookOfFile) -> list[bytes]:
        keys = []
        for name in stated.secret_names:
            secret = self._secret(at, "secret_env", name)
            try:
                if secret:
                    keys.append(key_of(secret))
            except ValueError as error:
                self._wrong(at, "secret_env", f"{name} {error}")
        return keys

    def _secret(self, at: int, field: str, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self._wrong(at, field, f"{name} is not set")
        return value

    def _wrong(self, at: int, field: str, reason: str) -> None:
        self.faults.append(Fault(("targets", at, field), reason))


def _matches(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _document_of(text: str, name: str) -> MarkedYaml:
    if len(text) > MAX_CHARACTERS:
        raise SettingsError(f"{name}:1: must not be longer than {MAX_CHARACTERS} characters")
    try:
        document = read_marked(text)
    except YamlError as error:
        raise SettingsError(f"{name}:{error.line}: {error}") from error
    if document.content is None:
        raise SettingsError(f"{name}:1: is empty; a file without targets says: targets: []")
    return document


def _refusal(
    name: str, document: MarkedYaml, faults: Iterator[Fault] | list[Fault]
) -> SettingsError:
    found = [f"{name}:{document.line_of(each.path)}: {_text_of(each)}" for each in faults]
    more = len(found) - _MOST_FAULTS
    return SettingsError("; ".join([*found[:_MOST_FAULTS], *([f"{more} more"] * (more > 0))]))


def _fault_of(error: ErrorDetails) -> Fault:
    steps = error["loc"]
    path: Path = tuple(
        step
        for at, step in enumerate(steps)
        if not (at == _TYPE_AT and steps[0] == "targets") and step not in _FORMS
    )
    if error["type"].startswith("union_tag"):
        path = (*path, "type")
    sentence = _SENTENCES.get(error["type"], error["msg"].removeprefix("Value error, "))
    if error["type"] == "union_tag_invalid":
        sentence = f"must be one of {error['ctx']['expected_tags']}"
    return Fault(path, sentence)


def _text_of(fault: Fault) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault.path]
    path = "".join(steps).removeprefix(".")
    return f"{path}: {fault.reason}" if path else fault.reason
