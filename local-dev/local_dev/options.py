"""The choices of one `local-dev/up`, and the names and ports that all parts know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_dev.paths import Places

FUNCTIONS = ("ingest", "dashboard", "aggregate", "alert", "dlq")
USUAL_PORTS = {
    "ingest": 8001,
    "dashboard": 8002,
    "aggregate": 8003,
    "alert": 8004,
    "dlq": 8005,
    "kafka": 9092,
    "mongo": 27017,
}
ADDRESS_VARIABLES = {"kafka": "KAFKA_BOOTSTRAP_SERVERS", "mongo": "MONGO_URL"}
HIGHEST_PORT = 65535
LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - only where --host says so


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The choices of one start; `only` names the functions to run, None means all."""

    places: Places
    ports: Mapping[str, int]
    keep_warm: bool
    instances: int
    idle_s: float
    only: frozenset[str] | None
    demo_devices: int
    quiet: bool
    host: str = LOOPBACK  # where the public functions listen
    auth: bool = False  # ingest and dashboard ask who calls

    def listens_on(self, name: str, environment: Mapping[str, str]) -> bool:
        """Return whether this start opens the port of that function or server."""
        if name in ADDRESS_VARIABLES:
            return not environment.get(ADDRESS_VARIABLES[name])
        return self.only is None or name in self.only


def reachable_at(host: str) -> str:
    """Return the address at which this machine reaches what listens at `host`."""
    return LOOPBACK if host == EVERY_ADDRESS else host


def ports_of(offset: int, chosen: Mapping[str, int | None]) -> dict[str, int]:
    """Return each port: the chosen one, else the usual one moved by `offset`.

    Raise ValueError for a number that is no port, and for two names with the same one.
    """
    ports = {name: chosen.get(name) or usual + offset for name, usual in USUAL_PORTS.items()}
    for name, port in ports.items():
        if not 1 <= port <= HIGHEST_PORT:
            raise ValueError(f"{port} is no port for {name}")
        twin = next((other for other in ports if other != name and ports[other] == port), None)
        if twin:
            raise ValueError(f"{name} and {twin} cannot both have port {port}")
    return ports
