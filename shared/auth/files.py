"""The files that say whom to trust: read together, and read again when one of them changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.auth.issuers import AuthFile, AuthFileError, read_issuers
from shared.auth.keys import KeySet, read_key_file
from shared.auth.revocations import Revocations, read_revocations

_T = TypeVar("_T")
Marks = Mapping[Path, tuple[int, int, int] | None]


@dataclass(frozen=True, slots=True)
class AuthFiles:
    """What the files say; `marks` are by which a change is seen, as of before they were read."""

    content: AuthFile
    keys: Mapping[str, KeySet]
    revocations: Revocations
    marks: Marks

    @property
    def has_changed(self) -> bool:
        """Return whether one of the files is not the one that was read."""
        return _marks_of(self.marks) != self.marks


def read_files(file: Path) -> AuthFiles:
    """Read the file of issuers and those that it names, relative to its folder.

    Raise AuthFileError with the file's name, its line or field, and the reason.
    """
    before = _marks_of([file])
    content = _said_by(file, read_issuers)
    key_files = {
        one.name: file.parent / one.keys for one in content.issuers if one.keys is not None
    }
    revoked = None if content.revoked is None else file.parent / content.revoked
    before |= _marks_of([*key_files.values(), *([] if revoked is None else [revoked])])
    return AuthFiles(
        content=content,
        keys={name: _said_by(path, read_key_file) for name, path in key_files.items()},
        revocations=Revocations() if revoked is None else _said_by(revoked, read_revocations),
        marks=before,
    )


def _said_by(file: Path, read: Callable[[str], _T]) -> _T:
    try:
        return read(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise AuthFileError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AuthFileError(f"{file}: is no text in UTF-8") from None
    except AuthFileError as error:
        raise AuthFileError(f"{file}: {error}") from None


def _marks_of(files: Iterable[Path]) -> dict[Path, tuple[int, int, int] | None]:
    return {file: _mark_of(file) for file in files}


def _mark_of(file: Path) -> tuple[int, int, int] | None:
    """Return what differs of a file that was written or replaced; of a link, of what it leads to.

    A ConfigMap's files are links, which are led elsewhere when it changes.
    """
    try:
        state = file.stat()
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_ino, state.st_size)
