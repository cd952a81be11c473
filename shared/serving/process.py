"""Runs an application as a process, which functions/__main__.py asks for: logs, uvicorn."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

import uvicorn

from shared import logs
from shared.serving.application import ASGI
from shared.serving.http_protocol import http_protocol
from shared.settings import ServerSettings, SettingsError, read

_DRAIN_S: Final = 25  # Knative sends SIGTERM after its own drain; the pod has timeoutSeconds left
_KEEP_ALIVE_S: Final = 120  # longer than Go proxies keep idle connections, so they close first
_log = logging.getLogger(__name__)


def serve(create: Callable[[Mapping[str, str]], ASGI]) -> None:
    """Run the application that `create` makes of the environment until SIGTERM.

    Wrong settings end the process with status 2, and a line that names the variable.
    """
    logs.to_standard_error()
    try:
        server, application = _made(create)
    except SettingsError as error:
        _log.critical("refused to start", extra={"reason": str(error)})
        sys.exit(2)
    uvicorn.run(
        application,
        http=http_protocol(server),
        host=server.host,
        port=server.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_DRAIN_S,
    )


def check(creates: Mapping[str, Callable[[Mapping[str, str]], ASGI]]) -> None:
    """Make each application, and serve none. Wrong settings end the process as they end a start.

    A line for each application that is refused names it.
    """
    logs.to_standard_error()
    is_right = True
    for name, create in creates.items():
        try:
            _made(create)
        except SettingsError as error:
            is_right = False
            _log.critical("refused to start", extra={"function": name, "reason": str(error)})
    if not is_right:
        sys.exit(2)


def _made(create: Callable[[Mapping[str, str]], ASGI]) -> tuple[ServerSettings, ASGI]:
    return read(ServerSettings, os.environ), create(os.environ)
