"""The file of a backup: gzip of BSON documents, in parts by collection, with an end that counts.

First `{"format": 1, "at": time}`; for each collection `{"collection": name}` and its documents,
each under `{"d": ...}`; at last `{"end": {name: count}}`. A file without that end, or whose
checksum (of gzip) is wrong, is no backup.
"""

import gzip
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import bson
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON

from shared.mongo.collections import Document

FORMAT: Final = 1
_LENGTH: Final = struct.Struct("<i")
_MOST: Final = 17 * 1_048_576  # bytes of a document; MongoDB's limit is 16 MiB
_LEVEL: Final = 6
_OPTIONS: Final = CodecOptions[Document](document_class=dict, tz_aware=True)


class BrokenArchive(Exception):  # noqa: N818 - an outcome
    """The file is not a whole backup; the message says why."""


class ArchiveWriter:
    """Writes a backup beside its place, and puts it there once it is whole."""

    def __init__(self, path: Path, at: datetime) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._file = gzip.open(self._partial, "wb", compresslevel=_LEVEL)  # noqa: SIM115 - closed by __exit__
        self._counts: Counter[str] = Counter()
        self._name = ""
        self._put({"format": FORMAT, "at": at})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._put({"end": dict(self._counts)})
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many documents of each collection were written."""
        return self._counts

    def begin(self, name: str) -> None:
        """Begin a collection."""
        self._name = name
        self._counts[name] += 0
        self._put({"collection": name})

    def add(self, document: Document) -> None:
        """Add a document of the collection that was begun."""
        self._counts[self._name] += 1
        self._put({"d": document})

    def _put(self, document: Document) -> None:
        self._file.write(bson.encode(document))


def documents_in(path: Path) -> Iterator[tuple[str, Document]]:
    """Yield each document with its collection; raise BrokenArchive where the file is not whole."""
    counts: Counter[str] = Counter()
    name = ""
    for part in _parts(path):
        if "d" in part:
            counts[name] += 1
            yield name, part["d"]
        elif "collection" in part:
            name = part["collection"]
            counts[name] += 0
        elif part.get("end", counts) != dict(counts):
            raise BrokenArchive("it ends with other numbers of documents than it has")


def begun_at(path: Path) -> datetime:
    """Return when the backup was begun, by the database's clock; raise BrokenArchive."""
    at = next(_parts(path))["at"]
    assert isinstance(at, datetime)
    return at


def _parts(path: Path) -> Iterator[Document]:
    try:
        with gzip.open(path, "rb") as file:
            first = _part(file)
            if first is None or first.get("format") != FORMAT:
                raise BrokenArchive("it is no backup of this format")
            yield first
            part: Document | None = first
            while part is not None and "end" not in part:
                part = _part(file)
                if part is not None:
                    yield part
            if part is None or file.read(1):
                raise BrokenArchive("it does not end as a whole backup does")
    except (EOFError, OSError, zlib.error, InvalidBSON) as error:
        raise BrokenArchive(f"it cannot be read: {error}") from error


def _part(file: gzip.GzipFile) -> Document | None:
    head = file.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise EOFError("it is cut")
    length = _LENGTH.unpack(head)[0]
    if not _LENGTH.size < length <= _MOST:
        raise InvalidBSON(f"a document of {length} bytes")
    rest = file.read(length - _LENGTH.size)
    return bson.decode(head + rest, _OPTIONS)
