"""The mesh between functions that run elsewhere: which is called, and under which name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from local_dev.manifests.system import System, read_system
from local_dev.system.bridge import bridge
from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, event_request
from tests.support.manifests import a_reference


def system(root: Path) -> System:
    return read_system(root, {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})


async def requested_through_a_gateway(root: Path, name: str) -> tuple[str, str, int]:
    """Return the request's first line and Host header, and the status that came back."""
    heads: list[str] = []

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(gateway, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mesh = bridge(system(root), f"http://127.0.0.1:{port}")
    event = Event({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}, None, b"")
    sink = mesh.sink(a_reference(name))
    response = await sink.send(event_request(event, "telemetry", TraceContext()), 5.0)
    server.close()
    first, *headers = heads[0].split("\r\n")
    (host,) = (line for line in headers if line.lower().startswith("host:"))
    return first, host, response.status


def test_a_gateway_is_asked_for_a_function_by_its_name_in_the_cluster(root: Path) -> None:
    first, host, status = asyncio.run(requested_through_a_gateway(root, "alert"))

    assert first == "POST / HTTP/1.1"
    assert host == "host: alert.telemetry.svc.cluster.local"
    assert status == 204


def test_a_dead_letter_says_which_function_refused_it_as_in_a_cluster(root: Path) -> None:
    async def reported() -> tuple[str, str]:
        mesh = bridge(system(root), "http://{name}:8080")
        function = mesh.sink(a_reference("aggregate"))
        sink = mesh.sink(a_reference("telemetry-dlq", "KafkaSink"))
        return function.url, sink.url

    assert asyncio.run(reported()) == (
        "http://aggregate.telemetry.svc.cluster.local",
        "http://kafka-sink-ingress.knative-eventing.svc.cluster.local/telemetry/telemetry-dlq",
    )
