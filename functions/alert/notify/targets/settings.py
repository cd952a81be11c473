"""The targets of this process: those of the file ALERT_TARGETS_FILE, and the sink of K_SINK."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from functions.alert.notify.targets.cloud_events import CloudEventsSink
from functions.alert.notify.targets.target import Target
from shared.settings import NotifySettings, SettingsError, read

WAIT: Final = timedelta(seconds=10)  # in which a storm is seen to be one
REPEAT: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Targets:
    """Where notices go; how long one waits for others of its rule; when it is repeated (0: never).

    Names are unique, and labels of metrics.
    """

    targets: tuple[Target, ...] = ()
    wait: timedelta = WAIT
    repeat: timedelta = REPEAT


def load_targets(environment: Mapping[str, str]) -> Targets:
    """Return the targets of this environment; none by default.

    Raise SettingsError where a variable, the file, or a secret that it names is wrong.
    """
    settings = read(NotifySettings, environment)
    sink = _sink(settings)
    if not settings.alert_targets_file:
        return Targets(sink)
    # like the rules' file: nothing of it is imported where there is none
    from functions.alert.notify.targets.file import targets_of  # noqa: PLC0415 - as said

    file = settings.alert_targets_file
    found = targets_of(_text_of(file), file, environment)
    return Targets((*sink, *found.targets), found.wait, found.repeat)


def _sink(settings: NotifySettings) -> tuple[Target, ...]:
    if not settings.k_sink:
        return ()
    return (CloudEventsSink(settings.k_sink, _extensions_of(settings.k_ce_overrides)),)


def _extensions_of(overrides: str) -> Mapping[str, str]:
    """Return the extensions of K_CE_OVERRIDES: `{"extensions": {"name": "value"}}`."""
    try:
        content = json.loads(overrides) if overrides else {}
    except ValueError as error:
        raise SettingsError(f"K_CE_OVERRIDES: is no JSON: {error}") from None
    extensions = content.get("extensions", {}) if isinstance(content, dict) else None
    if not isinstance(extensions, dict) or not all(
        isinstance(value, str) and name.isascii() and name.isalnum() and name == name.lower()
        for name, value in extensions.items()
    ):
        raise SettingsError('K_CE_OVERRIDES: must be {"extensions": {..}} with texts, as Knative')
    return extensions


def _text_of(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"ALERT_TARGETS_FILE={file!r}: cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 at byte {error.start}") from error
