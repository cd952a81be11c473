"""Ports for a system of its own."""

from local_dev.servers.free_port import free_ports, is_listening


def test_each_name_has_a_port_of_its_own() -> None:
    names = [str(number) for number in range(200)]

    ports = free_ports(names)

    assert list(ports) == names
    assert len(set(ports.values())) == 200


def test_they_are_let_go() -> None:
    (port,) = free_ports(["ingest"]).values()

    assert not is_listening(port)
