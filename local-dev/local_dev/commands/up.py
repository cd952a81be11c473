"""`local-dev/up`: the whole system on this machine, from nothing to ready, and gone with Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import uvloop
from confluent_kafka import KafkaException

from local_dev.console import Screen
from local_dev.manifests.manifest_object import ManifestError
from local_dev.options import read_options
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.port_owner import is_taken, owner_of
from local_dev.serving.instance import FunctionFailedError
from local_dev.system.local_system import System
from local_dev.system.running_system import AlreadyRunningError, hold

if TYPE_CHECKING:
    from local_dev.options import UpOptions

EXPECTED = (
    AlreadyRunningError,
    ServerFailedError,
    ManifestError,
    FunctionFailedError,
    KafkaException,
)
KILLED = 130  # what a shell reports for a program that Ctrl-C ended


def main() -> None:
    """Run until Ctrl-C or SIGTERM; the exit code is 0 if nothing died on its own."""
    options = read_options(sys.argv[1:])
    try:
        with hold(options.places):
            _refuse_taken_ports(options)
            system = System(options, Screen(shows_functions=not options.quiet))
            sys.exit(uvloop.run(_up(system)))
    except EXPECTED as error:
        sys.exit(str(error))
    except KeyboardInterrupt:  # while something was fetched: nothing runs yet
        sys.exit(KILLED)


async def _up(system: System) -> int:
    asked_to_stop = asyncio.Event()
    _on_signals(asked_to_stop, system)
    running = asyncio.create_task(system.run())
    waiting = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    running.cancel()
    await asyncio.wait({running})
    await system.stop()
    if not running.cancelled():
        running.result()  # raises what ended it: run() does not return
    return 1 if system.deaths else 0


def _on_signals(asked_to_stop: asyncio.Event, system: System) -> None:
    def stop() -> None:
        if asked_to_stop.is_set():
            system.kill()
            os._exit(KILLED)
        asked_to_stop.set()
        print("\nending; once more to end at once", flush=True)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _refuse_taken_ports(options: UpOptions) -> None:
    taken = [
        f"port {port} for {name} is taken by {owner_of(port)}"
        for name, port in options.ports.items()
        if options.listens_on(name, os.environ) and is_taken(port)
    ]
    if taken:
        remedy = "End it, or choose other ports: --port-offset 100, or --ingest-port and the like."
        raise ServerFailedError("\n".join([*taken, remedy]))


if __name__ == "__main__":
    main()
