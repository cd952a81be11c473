"""The file and the port by which the launchers find a running `local-dev/up` and its status."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from local_dev.paths import Places

RESPONSE_TIMEOUT_S = 5.0


class AlreadyRunningError(RuntimeError):
    """Another `local-dev/up` uses this data folder; the message says which process it is."""


@contextlib.contextmanager
def hold(places: Places) -> Iterator[None]:
    """Keep every other `up` and `reset` away from this data folder, until left or killed."""
    places.run.mkdir(parents=True, exist_ok=True)
    with (places.run / "lock").open("a+") as lock:
        _lock(lock, places)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.asynccontextmanager
async def answering(
    places: Places, addresses: Mapping[str, object], status: Callable[[], dict[str, object]]
) -> AsyncIterator[None]:
    """Send `status()` as JSON to every connection, and write down at which port."""

    async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # whoever connected has gone away
            writer.write(json.dumps(status()).encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    state = places.run / "state.json"
    written = places.run / "state.json.new"
    written.touch(mode=0o600)  # the database's URL may hold a password
    written.write_text(json.dumps({"pid": os.getpid(), "status_port": port, **addresses}))
    written.rename(state)  # whoever reads it finds all of it
    try:
        yield
    finally:
        state.unlink(missing_ok=True)
        server.close()


def ask(places: Places) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return what `up` wrote down and its present status, or None where none runs.

    Raise OSError if it runs but does not respond.
    """
    try:
        state = json.loads((places.run / "state.json").read_text())
    except FileNotFoundError:
        return None
    try:
        connection = socket.create_connection(
            ("127.0.0.1", state["status_port"]), RESPONSE_TIMEOUT_S
        )
    except ConnectionRefusedError:  # it was killed, and could not take its file away
        return None
    with connection, connection.makefile("rb") as response:
        return state, json.loads(response.read())


def _lock(lock: IO[str], places: Places) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise AlreadyRunningError(
            f"local-dev/up already runs on {places.data} (process {lock.read().strip()})"
        ) from None
