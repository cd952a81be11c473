"""How a body's coding is undone, and where that ends."""

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
from backports import zstd

from functions.ingest.content_coding import (
    MAX_DECODED,
    MAX_MEMBERS,
    UnknownCoding,
    decoded_body,
)
from functions.ingest.request_body import MalformedBody, OversizedBatch
from tests.support.ingest_device import JSON, Device
from tests.support.readings import posted

BODY = json.dumps([posted(temperature_c=number) for number in range(50)]).encode()


def bare_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


CODED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
    ("zstd", zstd.compress),
]


@pytest.mark.parametrize(("coding", "code"), CODED)
def test_a_coded_body_is_read_as_the_plain_one(coding: str, code: Callable[[bytes], bytes]) -> None:
    device, plain = Device(), Device()

    seen = device.sends("POST", "/ingest", [JSON, ("content-encoding", coding)], code(BODY))

    assert seen.json() == plain.posts(BODY).json()
    assert device.queued == plain.queued


@pytest.mark.parametrize("coding", ["identity", "", "GZIP", " gzip "])
def test_the_name_of_a_coding_is_read_as_senders_write_it(coding: str) -> None:
    body = gzip.compress(BODY) if "gzip" in coding.lower() else BODY

    assert decoded_body(body, coding) == BODY


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, gzip", "lz4"])
def test_another_coding_is_a_415_that_says_what_is_read(coding: str) -> None:
    seen = Device().posts(BODY, ("content-encoding", coding))

    assert (seen.status, seen.headers["accept-encoding"]) == (415, "gzip, deflate, zstd")
    with pytest.raises(UnknownCoding):
        decoded_body(BODY, coding)


def test_no_body_has_no_coding_whatever_its_header_says() -> None:
    assert decoded_body(b"", "gzip") == b""


@pytest.mark.parametrize(("coding", "code"), CODED)
@pytest.mark.parametrize("lost", [1, 9, 40])
def test_a_body_that_was_cut_is_a_400(
    coding: str, code: Callable[[bytes], bytes], lost: int
) -> None:
    with pytest.raises(MalformedBody, match=r"is cut|is not"):
        decoded_body(code(BODY)[:-lost], coding)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("body", [BODY, b"\0", b"\xff" * 9])
def test_a_body_that_is_not_what_it_says_is_a_400(coding: str, body: bytes) -> None:
    seen = Device().posts(body, ("content-encoding", coding))

    assert (seen.status, seen.headers["content-type"]) == (400, "application/problem+json")
    assert coding in seen.json()["detail"]


@pytest.mark.parametrize(("coding", "code"), CODED)
def test_what_follows_in_the_body_is_read_as_another_member(
    coding: str, code: Callable[[bytes], bytes]
) -> None:
    assert decoded_body(code(BODY[:99]) + code(BODY[99:]), coding) == BODY


@pytest.mark.parametrize(("coding", "code"), CODED)
@pytest.mark.parametrize("size", [MAX_DECODED + 1, 4 * MAX_DECODED])
def test_a_body_that_would_be_too_large_is_a_413(
    coding: str, code: Callable[[bytes], bytes], size: int
) -> None:
    body = code(b" " * size)

    assert Device().posts(body, ("content-encoding", coding)).status == 413


def test_a_body_grows_at_most_a_hundredfold_beyond_the_first_64_kib() -> None:
    assert len(decoded_body(gzip.compress(b" " * 65_536), "gzip")) == 65_536
    with pytest.raises(OversizedBatch, match="100 times what was sent"):
        decoded_body(gzip.compress(b" " * 65_537), "gzip")


def test_a_body_that_came_small_may_not_hold_more_values_than_readings_have() -> None:
    with pytest.raises(OversizedBatch, match="500000 values"):
        decoded_body(
            gzip.compress(b"".join(b"[],%d," % number for number in range(260_000))), "gzip"
        )


def test_a_body_of_very_many_members_is_a_413() -> None:
    member = gzip.compress(b"")

    assert decoded_body(member * MAX_MEMBERS, "gzip") == b""
    with pytest.raises(OversizedBatch, match="members"):
        decoded_body(member * (MAX_MEMBERS + 1), "gzip")


def test_a_zstd_frame_may_not_ask_for_more_memory_than_the_standard_allows() -> None:
    window_log, content_size_flag = 101, 200  # as in zstd.CompressionParameter
    compressor = zstd.ZstdCompressor(options={window_log: 27, content_size_flag: 0})
    body = compressor.compress(BODY) + compressor.flush()

    with pytest.raises(MalformedBody, match="is not zstd"):
        decoded_body(body, "zstd")
