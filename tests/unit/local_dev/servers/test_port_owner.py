"""Who has a port: asked before anything is started."""

import os
import socket

import pytest

from local_dev.servers.free_port import free_port
from local_dev.servers.port_owner import is_taken, owner_of


def test_a_port_that_nothing_listens_on_is_not_taken() -> None:
    assert not is_taken(free_port())


@pytest.mark.parametrize("address", ["127.0.0.1", ""], ids=["loopback", "all interfaces"])
def test_a_port_that_something_listens_on_is_taken(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        assert is_taken(server.getsockname()[1])


def test_the_owner_is_named_by_process_and_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        owner = owner_of(server.getsockname()[1])

    assert owner.startswith(f"process {os.getpid()} (")
    assert "py" in owner


def test_an_owner_that_cannot_be_seen_is_reported() -> None:
    assert owner_of(free_port()) == "a process that this user cannot see"
