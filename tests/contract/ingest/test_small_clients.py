"""Clients of small devices, as they are on the wire: what they leave out, split, hold on to or cut.

The requests are those of MicroPython's urequests (HTTP/1.0, one connection each), of the ESP
cores' HTTPClient (keep-alive, a header and a body in packets of their own), of firmware that prints
its request by hand, and of modems that send a few bytes at a time.
"""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.ingest_server import IngestServer
from tests.support.readings import NOW

BODY = b'{"device_id":"esp-1","temperature_c":21.5}'
LENGTH = str(len(BODY)).encode()
HOST = b"Host: ingest.example.org\r\n"
MICROPYTHON = (
    b"POST /ingest HTTP/1.0\r\n" + HOST + b"Content-Type: application/json\r\n"
    b"Content-Length: " + LENGTH + b"\r\n\r\n" + BODY
)
BY_HAND = b"POST /ingest HTTP/1.0\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + BODY
ESP_HEAD = (
    b"POST /ingest HTTP/1.1\r\n" + HOST + b"User-Agent: ESP32HTTPClient\r\n"
    b"Connection: keep-alive\r\nAccept-Encoding: identity;q=1,chunked;q=0.1,*;q=0\r\n"
    b"Content-Type: application/json\r\nContent-Length: " + LENGTH + b"\r\n\r\n"
)
CHUNKED_HEAD = b"POST /ingest HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def connection_to(ingest: IngestServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def response_on(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one response, whose length its head says."""
    received = b""
    while b"\r\n\r\n" not in received:
        some = connection.recv(65_536)
        assert some, received
        received += some
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return int(first.split()[1]), headers, body


def sent(ingest: IngestServer, parts: Sequence[bytes], pause_s: float = 0.0) -> Any:
    with connection_to(ingest) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)
        return response_on(connection)


@pytest.mark.parametrize("request_", [MICROPYTHON, BY_HAND], ids=["urequests", "by hand"])
def test_a_client_of_http_1_0_is_answered_and_its_connection_closed(
    ingest: IngestServer, request_: bytes
) -> None:
    """The second says neither a host nor a media type."""
    with connection_to(ingest) as connection:
        connection.sendall(request_)
        status, _, body = response_on(connection)
        assert connection.recv(1) == b""

    assert (status, json.loads(body)["device_id"]) == (202, "esp-1")


def test_a_connection_that_is_kept_serves_one_reading_after_the_other(
    ingest: IngestServer,
) -> None:
    with connection_to(ingest) as connection:
        for _ in range(20):
            connection.sendall(ESP_HEAD)
            connection.sendall(BODY)
            assert response_on(connection)[0] == 202

    assert len(ingest.queued) == 20


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_modem_may_send_a_few_bytes_at_a_time(ingest: IngestServer, size: int) -> None:
    whole = ESP_HEAD + BODY
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert sent(ingest, parts, pause_s=0.001)[0] == 202


def test_a_body_in_chunks_of_any_size_is_one_body(ingest: IngestServer) -> None:
    sizes, parts, at = [1, 2, 3, 5, 8, 13, 40], [CHUNKED_HEAD], 0
    for size in sizes:
        piece = BODY[at : at + size]
        at += size
        parts.append(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if piece else b"")
    parts.append(b"0\r\n\r\n")

    assert sent(ingest, parts, pause_s=0.001)[0] == 202


def test_requests_that_do_not_wait_for_each_other_are_answered_in_their_order(
    ingest: IngestServer,
) -> None:
    bad = BODY.replace(b"21.5", b'"x"')
    with connection_to(ingest) as connection:
        connection.sendall(
            ESP_HEAD + BODY + ESP_HEAD.replace(LENGTH, str(len(bad)).encode()) + bad + ESP_HEAD
        )
        connection.sendall(BODY)
        received = b""
        while received.count(b"HTTP/1.1 ") < 3:
            received += connection.recv(65_536)

    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"202", b"422", b"202"]


def test_who_asks_first_whether_to_send_the_body_is_told_to(ingest: IngestServer) -> None:
    with connection_to(ingest) as connection:
        head = ESP_HEAD.replace(b"Content-Type", b"Expect: 100-continue\r\nContent-Type")
        connection.sendall(head)
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert response_on(connection)[0] == 202


@pytest.mark.parametrize("kept", [0, 10, len(ESP_HEAD), len(ESP_HEAD) + 5])
def test_of_a_connection_that_is_cut_nothing_is_stored_and_others_are_served(
    ingest: IngestServer, kept: int
) -> None:
    with connection_to(ingest) as connection:
        connection.sendall((ESP_HEAD + BODY)[:kept])

    assert sent(ingest, [ESP_HEAD, BODY])[0] == 202
    assert len(ingest.queued) == 1


def test_a_body_that_never_ends_is_given_up_and_the_client_told(ingest: IngestServer) -> None:
    """The server of these tests waits for two seconds."""
    started = time.monotonic()

    status, headers, _ = sent(ingest, [ESP_HEAD, BODY[:-1]])

    assert (status, headers["connection"]) == (408, "close")
    assert 1 < time.monotonic() - started < 9


def test_what_a_string_of_c_ends_with_does_no_harm(ingest: IngestServer) -> None:
    assert sent(ingest, [ESP_HEAD + BODY + b"\x00"])[0] == 202


def test_a_clock_that_was_never_set_is_told_so_and_one_without_is_served(
    ingest: IngestServer,
) -> None:
    at_1970 = b'{"device_id":"esp-1","ts":12.5,"temperature_c":21.5}'
    head = ESP_HEAD.replace(LENGTH, str(len(at_1970)).encode())

    status, _, body = sent(ingest, [head, at_1970])

    assert (status, json.loads(body)["errors"][0]["reason"]) == (422, "too_old_ts")
    _, _, body = sent(ingest, [ESP_HEAD, BODY])
    assert json.loads(body)["ts"] == NOW.isoformat(timespec="microseconds").replace("+00:00", "Z")
