"""The arrows beside functions that run elsewhere: who is asked, and under which name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from local_dev.manifests.eventing import Reference
from local_dev.manifests.system import read_system
from local_dev.system.bridge import Bridge
from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, event_request


async def asked_through_a_gateway(root: Path, name: str) -> tuple[str, str, int]:
    """Return the request's first line and Host header, and the status that came back."""
    heads: list[str] = []

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(gateway, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bridge = Bridge(read_system(root), "127.0.0.1:1", f"http://127.0.0.1:{port}")
    event = Event({"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}, None, b"")
    destination = bridge.destination(Reference("Service", name))
    answer = await destination.send(event_request(event, "telemetry", TraceContext()), 5.0)
    server.close()
    first, *headers = heads[0].split("\r\n")
    (host,) = (line for line in headers if line.lower().startswith("host:"))
    return first, host, answer.status


def test_a_gateway_is_asked_for_a_function_by_its_name_in_the_cluster(root: Path) -> None:
    first, host, status = asyncio.run(asked_through_a_gateway(root, "alert"))

    assert first == "POST / HTTP/1.1"
    assert host == "host: alert.telemetry.svc.cluster.local"
    assert status == 204


def test_a_dead_letter_says_which_function_refused_it_as_in_a_cluster(root: Path) -> None:
    async def reported() -> tuple[str, str]:
        bridge = Bridge(read_system(root), "127.0.0.1:1", "http://{name}:8080")
        function = bridge.destination(Reference("Service", "aggregate"))
        sink = bridge.destination(Reference("KafkaSink", "telemetry-dlq"))
        return function.url, sink.url

    assert asyncio.run(reported()) == (
        "http://aggregate.telemetry.svc.cluster.local",
        "http://kafka-sink-ingress.knative-eventing.svc.cluster.local/telemetry/telemetry-dlq",
    )
