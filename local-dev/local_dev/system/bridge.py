"""The command that delivers events between functions that somebody else runs.

For compose, where containers run the functions, and for a cluster that has Knative Serving but no
KafkaSource: there the functions are reached through the gateway, by the name in the Host header.
Topics, KafkaSources, KafkaSinks and PingSources are those of eventing/ and knative/pipeline.env.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import TYPE_CHECKING

import uvloop

from local_dev.eventing.sink import UrlSink
from local_dev.manifests.system import NAMESPACE, System, read_system
from local_dev.paths import ROOT
from local_dev.system.mesh import Mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_THE_CLUSTER = "http://{name}." + NAMESPACE + ".svc.cluster.local"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until SIGTERM or Ctrl-C."""
    given = _arguments(arguments)
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": given.bootstrap}
    uvloop.run(_run(read_system(ROOT, environment), given.functions))


def bridge(system: System, functions: str) -> Mesh:
    """Return the mesh between functions at a URL with {name} in it, or at one URL for all."""
    sinks = {
        each.name: UrlSink(functions.format(name=each.name), IN_THE_CLUSTER.format(name=each.name))
        for each in system.services
    }
    return Mesh(system, sinks, _say)


async def _run(system: System, functions: str) -> None:
    mesh = bridge(system, functions)
    stop_requested = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop_requested.set)
    await mesh.open()
    await mesh.connect()
    _say("ready")
    await stop_requested.wait()
    await mesh.close()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_dev.system.bridge",
        description="Delivers events between functions that run elsewhere, as KafkaSource does.",
    )
    parser.add_argument(
        "--bootstrap",
        default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        help="where Kafka is (KAFKA_BOOTSTRAP_SERVERS)",
    )
    parser.add_argument(
        "--functions",
        default="http://{name}:8080",
        help="URL of a function, {name} in it (default http://{name}:8080); or of a gateway, which"
        f" routes by the Host header: {IN_THE_CLUSTER.removeprefix('http://')}",
    )
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
