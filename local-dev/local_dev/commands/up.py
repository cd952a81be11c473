"""`local-dev/up`: the whole system on this machine, from nothing to ready."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import typer
import uvloop
from confluent_kafka import KafkaException

from local_dev.commands import up_options as chosen
from local_dev.commands.command_line import Data, run
from local_dev.console import OPENED, Screen
from local_dev.manifests.manifest_object import ManifestError
from local_dev.options import LOOPBACK, UpOptions, ports_of
from local_dev.paths import Places
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.port_owner import is_taken, owner_of
from local_dev.serving.instance import FunctionFailedError
from local_dev.system.local_system import System
from local_dev.system.running_system import AlreadyRunningError, hold

EXPECTED = (
    AlreadyRunningError,
    ServerFailedError,
    ManifestError,
    FunctionFailedError,
    KafkaException,
)
KILLED = 130  # what a shell reports for a program that Ctrl-C ended
IDLE_S = 60.0  # Knative's default stable window


def up(
    *,
    demo: chosen.Demo = 0,
    keep_warm: chosen.KeepWarm = False,
    idle: chosen.Idle = IDLE_S,
    instances: chosen.Instances = 0,
    only: chosen.Only = None,
    data: Data = None,
    quiet: chosen.Quiet = False,
    host: chosen.Host = LOOPBACK,
    auth: chosen.Auth = False,
    port_offset: chosen.PortOffset = 0,
    ingest_port: chosen.IngestPort = None,
    dashboard_port: chosen.DashboardPort = None,
    aggregate_port: chosen.AggregatePort = None,
    alert_port: chosen.AlertPort = None,
    dlq_port: chosen.DlqPort = None,
    kafka_port: chosen.KafkaPort = None,
    mongo_port: chosen.MongoPort = None,
) -> None:
    """Start the whole system on this machine, until Ctrl-C; the data stays.

    Apache Kafka, MongoDB, the functions and the KafkaSources between them, all on loopback
    unless --host opens the public functions.
    Where KAFKA_BOOTSTRAP_SERVERS or MONGO_URL is set, that broker or database is used, and none
    of ours is started. The exit code is 0 if nothing ended by itself.
    """
    event_ports = {"aggregate": aggregate_port, "alert": alert_port, "dlq": dlq_port}
    server_ports = {"kafka": kafka_port, "mongo": mongo_port}
    public_ports = {"ingest": ingest_port, "dashboard": dashboard_port}
    try:
        ports = ports_of(port_offset, public_ports | event_ports | server_ports)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    places = Places.chosen_by(data)
    bring_up(UpOptions(places, ports, keep_warm, instances, idle, only, demo, quiet, host, auth))


def bring_up(options: UpOptions) -> None:
    """Run the system until a signal ends it, and exit."""
    screen = Screen(shows_functions=not options.quiet)
    try:
        with hold(options.places):
            _refuse_taken_ports(options)
            sys.exit(uvloop.run(_until_stopped(System(options, screen), screen)))
    except EXPECTED as error:
        sys.exit(str(error))
    except KeyboardInterrupt:  # while something was fetched: nothing runs yet
        sys.exit(KILLED)
    finally:
        screen.end_progress()


def ending_signals() -> list[signal.Signals]:
    """Return the signals that end the system; under `nohup` a lost terminal does not."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


async def _until_stopped(system: System, screen: Screen) -> int:
    stop_requested = asyncio.Event()
    _on_signals(stop_requested, system, screen)
    running = asyncio.create_task(system.run())
    waiting = asyncio.create_task(stop_requested.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    running.cancel()
    await asyncio.wait({running})
    await system.stop()
    if not running.cancelled():
        running.result()  # raises what ended it: run() does not return
    return 1 if system.deaths else 0


def _on_signals(stop_requested: asyncio.Event, system: System, screen: Screen) -> None:
    def stop() -> None:
        if stop_requested.is_set():
            system.kill()
            os._exit(KILLED)
        stop_requested.set()
        screen.say("\nending; once more to end at once")

    for number in ending_signals():
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _is_taken(options: UpOptions, name: str) -> bool:
    address = options.host if name in OPENED else LOOPBACK
    return is_taken(options.ports[name], address)


def _refuse_taken_ports(options: UpOptions) -> None:
    taken = [
        f"port {port} for {name} is taken by {owner_of(port)}"
        for name, port in options.ports.items()
        if options.listens_on(name, os.environ) and _is_taken(options, name)
    ]
    if taken:
        remedy = "End it, or choose other ports: --port-offset 100, or --ingest-port and the like."
        raise ServerFailedError("\n".join([*taken, remedy]))


if __name__ == "__main__":
    run(up, chosen.with_demo_devices(sys.argv[1:]))
