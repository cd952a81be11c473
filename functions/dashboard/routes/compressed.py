"""Responses that are compressed where the client takes that."""

import gzip
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from functions.dashboard.routes.conditional import respond_unless_unchanged

_LEVEL: Final = 5
_WORTH_IT: Final = 1_000  # bytes; below, a response takes one packet anyway


def respond_compressed(
    request: Request, content: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return the content with its ETag, with gzip if accepted; 304 where the client has it.

    The ETag is that of the bytes which are sent, so each coding has its own.
    """
    headers = {**headers, "vary": "accept, accept-encoding"}
    if len(content) >= _WORTH_IT and _takes_gzip(request.headers.get("accept-encoding", "")):
        content = gzip.compress(content, _LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
    return respond_unless_unchanged(request, content, media_type, headers)


def _takes_gzip(accept_encoding: str) -> bool:
    for part in accept_encoding.lower().split(","):
        name, _, quality = (word.strip() for word in part.partition(";"))
        if name in ("gzip", "*"):
            return quality.replace(" ", "").rstrip("0.") != "q="
    return False
