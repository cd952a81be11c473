"""An ingest function behind the web server of a process, on a broker that is played."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from local_dev.servers.free_port import free_port
from shared.serving.http_protocol import http_protocol
from shared.settings import ServerSettings
from tests.support.ingest_device import Device


class IngestServer(Device):
    """A device's function, reached by HTTP at `url`."""

    port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving() -> Iterator[IngestServer]:
    """Serve until the block ends; each has a function and a broker of its own."""
    ingest = IngestServer()
    ingest.port = free_port()
    config = uvicorn.Config(
        ingest.application,
        http=http_protocol(ServerSettings(request_timeout_seconds=2)),
        host="127.0.0.1",
        port=ingest.port,
        log_config=None,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    try:
        yield ingest
    finally:
        server.should_exit = True
        thread.join(20)
