"""How much each scenario of the volume suite does: small with the ordinary tests, or in full."""

import os
from dataclasses import dataclass, replace
from typing import Final

ENVIRONMENT: Final = "VOLUME"  # `full`: what local-dev/test --volume sets
FLAT_S: Final = "VOLUME_FLAT_S"  # seconds of the flat load, to have it longer


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of every scenario. `patience` stretches the bounds of time, never the others.

    A small run shares its machine with other tests, so its times say little.
    """

    patience: float
    live_devices: int
    live_s: float
    late_devices: int
    late_windows: int  # of each device, over three days
    minutes_in_one_post: int
    history_readings: int
    crowd_devices: int  # in one open window
    crowd_s: float
    kill_every_s: float
    flat_devices: int
    flat_s: float
    backlog_pairs: int
    shared_within_s: float  # until the instances share the shards, where there still is work


SMALL: Final = Size(
    patience=4,
    live_devices=50,
    live_s=6,
    late_devices=100,
    late_windows=10,
    minutes_in_one_post=300,
    history_readings=60_000,
    crowd_devices=1_000,
    crowd_s=6,
    kill_every_s=2,
    flat_devices=100,
    flat_s=5,
    backlog_pairs=2_000,
    shared_within_s=3,
)
FULL: Final = Size(
    patience=1,
    live_devices=1_000,
    live_s=120,
    late_devices=1_000,
    late_windows=100,
    minutes_in_one_post=5_000,
    history_readings=10_000_000,
    crowd_devices=20_000,
    crowd_s=60,
    kill_every_s=20,
    flat_devices=2_000,
    flat_s=90,
    backlog_pairs=240_000,
    shared_within_s=30,
)


def size_of_this_run() -> Size:
    """Return the size that the environment names."""
    if os.environ.get(ENVIRONMENT) != "full":
        return SMALL
    return replace(FULL, flat_s=float(os.environ.get(FLAT_S, FULL.flat_s)))
