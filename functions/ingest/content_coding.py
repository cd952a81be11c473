"""Undoes the Content-Encoding of a body, within limits of size and ratio; pure.

A body of 1 MiB can hold a gigabyte, or a thousand times that in zstd: no more than the limit is
ever made of it.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, Protocol

from functions.ingest.request_body import MalformedBody, OversizedBatch

MAX_DECODED: Final = 8 * 1_048_576  # bytes
MAX_RATIO: Final = 100  # line protocol and JSON come to 5 to 40
MAX_VALUES: Final = 500_000  # 5,000 readings of 64 values have 330,000 commas
_FREE: Final = 65_536  # so much may come of any body: the same line a thousand times is no attack
_UNBOUNDED_BODY: Final = 1_048_576  # what comes without a coding is no larger, and is not counted
MAX_MEMBERS: Final = 64  # each is a copy of what is behind it; senders make one
_ZSTD_WINDOW_LOG: Final = 23  # 8 MiB, all that RFC 9659 lets a sender ask for
_WINDOW_LOG_MAX: Final = 100  # the number of DecompressionParameter.window_log_max
_ZSTD: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


class UnknownCoding(Exception):  # noqa: N818 - names what was found
    """The body has a Content-Encoding that is not read here."""


class _Decompressor(Protocol):
    """What zlib and zstd have in common, once the differences are laid aside."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_Opened = tuple[_Decompressor, type[Exception]]  # with what it raises of bytes that are not its own
_Opener = Callable[[bytes], _Opened]


def decoded_body(body: bytes, coding: str) -> bytes:
    """Return a body without its coding: gzip, deflate, zstd, or identity for none.

    Raise UnknownCoding for any other, MalformedBody where it is not what it says or is cut,
    OversizedBatch beyond 8 MiB, a hundred times the body, or 500,000 values.
    """
    name = coding.strip().lower()
    if name in ("", "identity") or not body:  # some clients say gzip of no body, too
        return body
    decompressor = _DECOMPRESSORS.get(name)
    if decompressor is None:
        raise UnknownCoding(f"the body is coded as {name[:40]!r}; what is read is {CODINGS}")
    limit = min(MAX_DECODED, max(_FREE, MAX_RATIO * len(body)))
    plain = _decompressed(body, decompressor, limit, name)
    if len(plain) > _UNBOUNDED_BODY and plain.count(b",") > MAX_VALUES:
        raise OversizedBatch(f"a body may have at most {MAX_VALUES} values")
    return plain


def _decompressed(body: bytes, decompressor: _Opener, limit: int, name: str) -> bytes:
    """Return what the members (frames) of a body make together, at most `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    while body:
        if len(parts) == MAX_MEMBERS:
            raise OversizedBatch(f"the body has over {MAX_MEMBERS} members of {name}")
        member, broken = decompressor(body)
        try:
            part = member.decompress(body, limit - size + 1)
        except broken as error:
            raise MalformedBody(f"the body is not {name}: {error}") from error
        parts.append(part)
        size += len(part)
        if size > limit:
            raise OversizedBatch(
                f"the body is over {limit} bytes when decoded; that is {MAX_DECODED} at most, and "
                f"{MAX_RATIO} times what was sent"
            )
        if not member.eof:
            raise MalformedBody(f"the body is cut: its {name} does not end")
        body = member.unused_data
    return b"".join(parts)


def _deflate(body: bytes) -> _Opened:
    """Return a reader of zlib's form (RFC 9110, 8.4.1.2), or of bare deflate, which many send."""
    is_zlib = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS), zlib.error


def _gzip(_body: bytes) -> _Opened:
    return zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error


def _zstd(_body: bytes) -> _Opened:
    zstd = import_module(_ZSTD)  # 8 ms, which a start does not need
    return zstd.ZstdDecompressor(options={_WINDOW_LOG_MAX: _ZSTD_WINDOW_LOG}), zstd.ZstdError


_DECOMPRESSORS: Final[Mapping[str, _Opener]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
CODINGS: Final = "gzip, deflate, zstd"
