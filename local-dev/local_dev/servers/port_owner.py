"""The process that listens on a port: `local-dev/up` looks before it starts anything there."""

from __future__ import annotations

import contextlib
import socket

import psutil

LONGEST_COMMAND = 120


def is_taken(port: int, address: str = "127.0.0.1") -> bool:
    """Return whether a server of ours could not listen on that port of that address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def owner_of(port: int) -> str:
    """Describe the process that listens on `port`: "process 4711 (python -m http.server)"."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # another user's, or it just ended
            if _listens(process, port):
                command = " ".join(process.cmdline())[:LONGEST_COMMAND]
                return f"process {process.pid} ({command})"
    return "a process that this user cannot see"


def _listens(process: psutil.Process, port: int) -> bool:
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in process.net_connections("tcp")
    )
