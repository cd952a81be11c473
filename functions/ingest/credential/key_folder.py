"""The folder of keys: the file of issuers, the keys that verify, and those that sign."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.auth.signing import Entry, verifying_entry

LIVE: Final = 2  # keys at once: tokens of the last one stay good while new ones are handed out
ISSUER: Final = "iot-telemetry"
AUTH_FILE: Final = "auth.yaml"
_SIGNING: Final = "signing.jwks"
_KEYS: Final = "keys.jwks"
_REVOKED: Final = "revoked.txt"
_AUTH: Final = f"""\
# Whom ingest and the dashboard trust (AUTH_FILE). A token may do what its claim `scope` and the
# entry of its issuer both name.
issuers:
  - name: minted  # by: python -m functions.ingest.credential mint
    issuer: {ISSUER}
    audience: {ISSUER}
    keys: {_KEYS}
    scopes: [ingest, read, "alerts:ack", "rules:write", "dlq:redrive", admin]
revoked: {_REVOKED}
"""
_REVOCATIONS: Final = """\
# What is revoked, a line each: TOKEN_ID, or DEVICES <= TIME (their tokens issued until then).
"""


class NoKeyError(Exception):
    """The folder has no key that signs; the message says how it gets one."""


class KeyFolder:
    """Where keys are. Only `signing.jwks` (and with HS256 `keys.jwks`) is a secret to hide."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def auth_file(self) -> Path:
        """The file of issuers, which AUTH_FILE names."""
        return self._folder / AUTH_FILE

    def add(self, entry: Entry) -> Sequence[str]:
        """Let a new key sign, and the one before it still verify. Return the ids that verify.

        Files that are there are kept, but for the keys. Raise OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        entries = [entry, *self._entries()][:LIVE]
        verifying = [verifying_entry(one) for one in entries]
        self._write(_KEYS, json.dumps({"keys": verifying}, indent=1))
        self._write(_SIGNING, json.dumps({"keys": entries}, indent=1))
        for name, content in ((_REVOKED, _REVOCATIONS), (AUTH_FILE, _AUTH)):
            if not (self._folder / name).exists():
                self._write(name, content)
        return [one["kid"] for one in verifying]

    def signing_key(self) -> Entry:
        """Return the newest key. Raise NoKeyError where there is none."""
        entries = self._entries()
        if not entries:
            command = "python -m functions.ingest.credential keys"
            raise NoKeyError(f"{self._folder / _SIGNING}: is not there; make it with: {command}")
        return entries[0]

    def _entries(self) -> list[Entry]:
        try:
            content = json.loads((self._folder / _SIGNING).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        entries = content["keys"]
        assert isinstance(entries, list)
        return entries

    def _write(self, name: str, content: str) -> None:
        """Replace a file at once, readable by its owner alone: a reader sees the old or the new."""
        made = self._folder / f"{name}.new"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        made.replace(self._folder / name)
