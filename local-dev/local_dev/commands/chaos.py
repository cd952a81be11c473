"""`local-dev/chaos`: breaks a system of its own at random, and accounts for every reading."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from local_dev.chaos.experiment import Options
from local_dev.chaos.experiment import run as run_experiment
from local_dev.chaos.report import report
from local_dev.commands.command_line import run, seconds
from local_dev.console import show
from local_dev.servers.child_process import ServerFailedError


def chaos(
    *,
    seconds: Annotated[
        float,
        typer.Option(
            parser=seconds, metavar="TIME", help="How long (default 60).", show_default=False
        ),
    ] = 60.0,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="Which faults (default: others each time).")
    ] = None,
    devices: Annotated[int, typer.Option(metavar="N", help="How many devices post.")] = 20,
    rps: Annotated[
        float, typer.Option(metavar="RATE", help="Readings a second of each device.")
    ] = 4.0,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep data and logs there.")
    ] = None,
) -> None:
    """Kill and stop parts of a system of its own, and account for every acknowledged reading.

    Ports and data are apart from local-dev/up's. Readings are posted while functions, bridge,
    database and broker are killed and stopped at random; then all is healed, and each reading must
    be stored once or be a dead letter. The exit code is 1 if anything is wrong; data and logs stay
    then, or where a folder was named.
    """
    seed = seed if seed is not None else random.getrandbits(32)
    folder = (data or Path(tempfile.mkdtemp(prefix="iot-chaos-"))).absolute()
    show(f"seed {seed}; the same faults again with --seed {seed}")
    is_right = False
    try:
        outcome = run_experiment(Options(folder, seconds, seed, devices, rps), show)
        is_right = outcome.is_right
        show(*report(outcome))
    except (ServerFailedError, AssertionError) as error:
        show(f"it did not heal: {error}")
    finally:
        if is_right and not data:
            shutil.rmtree(folder)
        else:
            show(f"seed {seed}; data and logs are in {folder}")
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    run(chaos)
