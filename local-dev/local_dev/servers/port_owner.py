"""Which process listens on a port? `local-dev/up` asks before it starts anything there."""

from __future__ import annotations

import socket
from pathlib import Path

PROC = Path("/proc")  # proc(5); elsewhere than on Linux the owner stays unknown
LISTENING = "0A"  # TCP_LISTEN in the column `st` of /proc/net/tcp


def is_taken(port: int) -> bool:
    """Say whether a server of ours could not listen on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def owner_of(port: int) -> str:
    """Describe the process that listens on `port`: "process 4711 (python -m http.server)"."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in PROC.glob("[0-9]*"):
        if sockets & _open_files(process):
            return f"process {process.name} ({_command(process)})"
    return "a process that this user cannot see"


def _listening_inodes(port: int) -> list[str]:
    suffix = f":{port:04X}"
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        if (PROC / "net" / table).exists()
        for line in (PROC / "net" / table).read_text().splitlines()[1:]
    ]
    return [row[9] for row in rows if row[1].endswith(suffix) and row[3] == LISTENING]


def _open_files(process: Path) -> set[str]:
    try:
        return {_target(file) for file in (process / "fd").iterdir()}
    except OSError:  # another user's process, or one that just ended
        return set()


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:  # closed in the meantime
        return ""


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it just ended
        return "ended by now"
    return " ".join(words).strip()[:120]
