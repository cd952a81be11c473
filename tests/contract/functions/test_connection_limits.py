"""The limits of a connection hold in the deployed process and under the stock command."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.function_process import FunctionProcess, deployed, running, stock
from tests.support.plain_http import NO_TLS

NOWHERE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "REQUEST_TIMEOUT_SECONDS": "1"}
SKINS: dict[str, Callable[[str], list[str]]] = {"deployed": deployed, "stock": stock}
HEALTH = b"GET /health/live HTTP/1.1\r\nhost: h\r\n"
MIB = 1_048_576


@pytest.fixture(scope="module", params=list(SKINS))
def ingest(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FunctionProcess]:
    command = SKINS[request.param]
    log = tmp_path_factory.mktemp("limits") / "log"
    with running(command("ingest"), root, NOWHERE, log) as started:
        yield started


def answer_to(process: FunctionProcess, *pieces: bytes) -> bytes:
    """Send the pieces on a connection of their own; return all that comes until it is closed."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=15) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def test_a_complete_request_gets_its_response_whatever_follows_it(ingest: FunctionProcess) -> None:
    sent = answer_to(ingest, HEALTH + b"\r\n\0")

    assert sent.startswith(b"HTTP/1.1 200 ")
    assert sent.count(b"HTTP/1.1 ") == 1


def test_a_request_that_does_not_become_complete_is_a_408(ingest: FunctionProcess) -> None:
    sent = answer_to(ingest, b"POST /ingest HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{")

    assert sent.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in sent


def test_headers_are_limited(ingest: FunctionProcess) -> None:
    line = b"x-a: " + b"a" * 1_000 + b"\r\n"

    assert answer_to(ingest, HEALTH, *[line] * 400).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("size", [MIB + 1, 3 * MIB, 15 * MIB])
def test_a_sender_of_too_large_a_body_can_read_the_refusal(
    ingest: FunctionProcess, size: int
) -> None:
    """The whole body is sent before anything is read, as simple clients do."""
    head = f"POST /ingest HTTP/1.1\r\nhost: h\r\ncontent-length: {size}\r\n\r\n".encode()

    sent = answer_to(ingest, head, b" " * size)

    assert sent.startswith(b"HTTP/1.1 413 ")


def test_a_refused_body_leaves_the_process_as_it_was(ingest: FunctionProcess) -> None:
    with httpx.Client(base_url=ingest.url, timeout=15, verify=NO_TLS) as client:
        refused = client.post("/ingest", content=b" " * (3 * MIB))
        healthy = client.get("/health/live")

    assert (refused.status_code, healthy.status_code) == (413, 200)
