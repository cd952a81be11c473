"""Responses are compressed for clients that take it, and each coding has its own ETag."""

import gzip

import pytest
from fastapi import Request
from fastapi.responses import Response

from functions.dashboard.routes.compressed import respond_compressed

LONG = b"0123456789" * 1_000


def response_to(content: bytes, **headers: str) -> Response:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": raw})
    return respond_compressed(request, content, "text/csv", {"cache-control": "no-cache"})


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*", "deflate, gzip ; q=1.0"])
def test_what_takes_gzip_gets_gzip(accepted: str) -> None:
    response = response_to(LONG, accept_encoding=accepted)

    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(response.body)) == LONG
    assert len(response.body) < len(LONG) / 10
    assert response.headers["vary"] == "accept, accept-encoding"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000", "identity"])
def test_what_does_not_take_it_gets_the_content_as_it_is(accepted: str) -> None:
    response = response_to(LONG, accept_encoding=accepted)

    assert "content-encoding" not in response.headers
    assert response.body == LONG
    assert response.headers["vary"] == "accept, accept-encoding"


def test_a_short_response_is_not_compressed() -> None:
    assert response_to(b"short", accept_encoding="gzip").body == b"short"


def test_each_coding_has_its_etag_and_is_not_sent_again() -> None:
    plain, packed = response_to(LONG), response_to(LONG, accept_encoding="gzip")

    again = response_to(LONG, accept_encoding="gzip", if_none_match=packed.headers["etag"])

    assert plain.headers["etag"] != packed.headers["etag"]
    assert (again.status_code, again.body) == (304, b"")
