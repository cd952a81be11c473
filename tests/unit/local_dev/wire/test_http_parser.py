"""Where an answer ends."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.wire.http_parser import BrokenResponseError, Response, ResponseParser

LENGTH = b"HTTP/1.1 200 OK\r\nX-A: 1\r\ncontent-length: 3\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n2;e=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
PARTS = st.lists(st.integers(1, 60), max_size=4)


def fed(parser: ResponseParser, answer: bytes, cuts: list[int]) -> Response | None:
    edges = [0, *sorted(cuts), len(answer)]
    pieces = [answer[start:end] for start, end in pairwise(edges)]
    return [parser.feed(piece) for piece in pieces][-1]


@given(PARTS)
def test_an_answer_with_a_length_is_whole_however_it_is_cut(cuts: list[int]) -> None:
    parser = ResponseParser()

    answer = fed(parser, LENGTH, [cut for cut in cuts if cut < len(LENGTH)])

    assert answer == Response(200, (("X-A", "1"), ("content-length", "3")), b"abc")
    assert parser.keeps_alive


@given(PARTS)
def test_a_chunked_answer_is_whole_however_it_is_cut(cuts: list[int]) -> None:
    answer = fed(ResponseParser(), CHUNKED, [cut for cut in cuts if cut < len(CHUNKED)])

    assert answer is not None
    assert (answer.status, answer.body) == (500, b"abc")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_ends_with_its_head(status: int) -> None:
    answer = ResponseParser().feed(b"HTTP/1.1 %d X\r\n\r\n" % status)

    assert answer == Response(status, (), b"")


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    parser = ResponseParser()

    early = parser.feed(b"HTTP/1.1 200 OK\r\n\r\nab")

    assert early is None
    assert parser.feed_end() == Response(200, (), b"ab")
    assert not parser.keeps_alive


def test_a_response_to_a_head_request_ends_with_its_head() -> None:
    parser = ResponseParser(is_to_head=True)

    response = parser.feed(LENGTH.removesuffix(b"abc"))

    assert response == Response(200, (("X-A", "1"), ("content-length", "3")), b"")
    assert parser.keeps_alive


def test_an_interim_answer_is_skipped() -> None:
    answer = ResponseParser().feed(b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTH)

    assert answer is not None
    assert answer.status == 200


def test_a_connection_that_breaks_off_gives_no_answer() -> None:
    parser = ResponseParser()
    parser.feed(LENGTH[:-1])

    assert parser.feed_end() is None


@pytest.mark.parametrize(
    "rubbish",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused(rubbish: bytes) -> None:
    with pytest.raises(BrokenResponseError):
        ResponseParser().feed(rubbish)
