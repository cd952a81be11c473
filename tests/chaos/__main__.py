"""`local-dev/chaos`: breaks a system of its own at random, and accounts for every reading."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from local_dev.commands.command_line import run, seconds
from local_dev.console import show
from local_dev.servers.child_process import ServerFailedError
from tests.chaos.experiment import Options
from tests.chaos.experiment import run as run_experiment
from tests.chaos.report import report


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
    options = Options(folder, seconds, seed, devices, rps)
    sys.exit(0 if _is_right(options, is_kept=data is not None) else 1)


def _is_right(options: Options, *, is_kept: bool) -> bool:
    """Run, report, and remove the data if it is not to be kept and nothing was wrong."""
    show(f"seed {options.seed}; the same faults again with --seed {options.seed}")
    is_right = False
    try:
        outcome = run_experiment(options, show)
        is_right = outcome.is_right
        show(*report(outcome))
    except (ServerFailedError, AssertionError) as error:
        show(f"it did not heal: {error}")
    finally:
        if is_right and not is_kept:
            shutil.rmtree(options.data)
        else:
            show(f"seed {options.seed}; data and logs are in {options.data}")
    return is_right


if __name__ == "__main__":
    run(chaos)
