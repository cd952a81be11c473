"""Conditional requests (RFC 9110, 13): what a client has already is not sent again."""

from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response


def respond_unless_unchanged(
    request: Request, content: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return the content with its ETag, or 304 where the request names that ETag."""
    etag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
    headers = {**headers, "etag": etag}
    if _names(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, HTTPStatus.OK, headers, media_type)


def _names(if_none_match: list[str], etag: str) -> bool:
    tags = [tag.strip() for tag in ",".join(if_none_match).split(",")]  # ours hold no comma
    return "*" in tags or any(tag.removeprefix("W/") == etag for tag in tags)
