"""The client of notices: on real sockets of loopback, with resolvers of its own."""

import asyncio
import socket
from collections.abc import Iterator, Sequence

import pytest

from functions.alert.notify.retrying import Answer
from functions.alert.notify.targets.http_client import HttpClient, Resolve, resolve
from functions.alert.notify.targets.target import Request
from tests.support.notices import Receiver, receiver


@pytest.fixture
def inside() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def post(
    url: str,
    *,
    allow_private: bool = True,
    by: Resolve = resolve,
    times: int = 1,
    timeout_s: float = 5.0,
) -> Answer:
    """Post a notice this often by one client; return what came of the last."""

    async def posted() -> Answer:
        client = HttpClient(by, timeout_s)
        try:
            request = Request(url, [("content-type", "text/plain")], b"hello", allow_private)
            answers = [await client.post(request) for _ in range(times)]
        finally:
            await client.close()
        return answers[-1]

    return asyncio.run(posted())


class Names:
    """A resolver that gives these answers, one after another, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(f"{host}:{port}")
        return self._answers.pop(0)


def test_a_notice_is_posted_as_it_is(inside: Receiver) -> None:
    answer = post(f"{inside.url}/hooks/1?x=y")

    (request,) = inside.received
    assert answer == Answer(200, "200 ok")
    assert (request.path, request.body) == ("/hooks/1?x=y", b"hello")
    assert request.headers["host"] == inside.url.removeprefix("http://")
    assert request.headers["content-type"] == "text/plain"


def test_a_connection_is_used_again(inside: Receiver) -> None:
    names = Names(["127.0.0.1"])

    answer = post(f"http://inside.example:{port_of(inside)}/", by=names, times=3)

    assert answer.status == 200
    assert (len(names.asked), len(inside.received)) == (1, 3)


def test_an_answer_that_is_long_is_not_read_to_its_end(inside: Receiver) -> None:
    inside.body = b"x" * 1_000_000
    inside.status = 400

    assert post(inside.url) == Answer(400, "400 " + "x" * 300)


def test_a_redirect_is_not_followed(inside: Receiver) -> None:
    with receiver() as other:
        inside.status, inside.headers = 302, {"location": other.url}

        assert post(inside.url).status == 302
        assert other.received == []


def test_a_target_says_when_to_come_again(inside: Receiver) -> None:
    inside.status, inside.headers = 503, {"Retry-After": "120"}

    assert post(inside.url).retry_after == "120"


def test_private_addresses_are_refused_unless_they_are_allowed(inside: Receiver) -> None:
    refused = post(inside.url, allow_private=False)

    assert refused.status == 403
    assert "127.0.0.1 is at 127.0.0.1, a private address" in refused.detail
    assert inside.received == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "017700000001", "127.1", "localhost"])
def test_an_address_in_another_notation_is_refused_likewise(inside: Receiver, host: str) -> None:
    refused = post(f"http://{host}:{port_of(inside)}/", allow_private=False)

    assert refused.status == 403
    assert inside.received == []


@pytest.mark.parametrize("host", ["[::ffff:127.0.0.1]", "[::1]"])
def test_an_ipv6_address_is_looked_into(inside: Receiver, host: str) -> None:
    refused = post(f"http://{host}:{port_of(inside)}/", allow_private=False)

    assert refused.status == 403
    assert inside.received == []


def test_a_metadata_address_is_refused_even_where_private_ones_are_allowed() -> None:
    refused = post("http://169.254.169.254/latest/meta-data/")

    assert refused.status == 403
    assert "a link-local or metadata address" in refused.detail


def test_a_name_that_changes_after_it_was_looked_at_is_not_asked_again(inside: Receiver) -> None:
    """What is connected to is the address that was checked: a second answer is never used."""
    rebinding = Names(["127.0.0.1"], ["169.254.169.254"])

    answer = post(f"http://rebinding.example:{port_of(inside)}/", by=rebinding)

    assert answer.status == 200
    assert rebinding.asked == [f"rebinding.example:{port_of(inside)}"]


def test_a_name_that_leads_inside_later_is_refused_then(inside: Receiver) -> None:
    inside.headers = {"connection": "close"}
    rebinding = Names(["127.0.0.1"], ["169.254.169.254"])

    answer = post(f"http://rebinding.example:{port_of(inside)}/", by=rebinding, times=2)

    assert answer.status == 403
    assert len(inside.received) == 1


def test_a_name_with_an_address_inside_and_one_outside_is_refused(inside: Receiver) -> None:
    trap = Names(["93.184.216.34", "127.0.0.1"])

    refused = post(f"http://trap.example:{port_of(inside)}/", allow_private=False, by=trap)

    assert refused.status == 403


def test_a_target_that_is_not_there_has_no_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answer = post(f"http://127.0.0.1:{closed.getsockname()[1]}/")

    assert answer.status is None
    assert "ConnectError" in answer.detail


def test_a_name_that_nobody_knows_has_no_answer() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is not known")

    answer = post("http://unknown.example/", by=unknown)

    assert answer.status is None
    assert "unknown.example:80 is not known" in answer.detail


def test_a_target_that_does_not_answer_in_time_has_no_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = post(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.2)

    assert answer == Answer(None, "no answer in 0.2 s")


def test_what_is_no_http_has_no_answer() -> None:
    async def told() -> Answer:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-none\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        client = HttpClient()
        async with server:
            port = server.sockets[0].getsockname()[1]
            said = await client.post(Request(f"http://127.0.0.1:{port}/", [], b"", True))
        await client.close()
        return said

    answer = asyncio.run(told())

    assert answer.status is None
    assert "ProtocolError" in answer.detail or "ReadError" in answer.detail


def port_of(one: Receiver) -> str:
    return one.url.rpartition(":")[2]
