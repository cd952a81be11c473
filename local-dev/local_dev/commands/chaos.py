"""`local-dev/chaos`: tortures a system of its own, takes stock, exits 1 if anything is wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from local_dev.chaos.experiment import Options, run
from local_dev.chaos.report import report
from local_dev.options import seconds
from local_dev.servers.child_process import ServerFailedError


def main() -> None:
    """Run once; the data is kept where something was wrong, or where a folder was named."""
    chosen = _parser().parse_args()
    seed = chosen.seed if chosen.seed is not None else random.getrandbits(32)
    data = Path(chosen.data or tempfile.mkdtemp(prefix="iot-chaos-")).absolute()
    options = Options(data, chosen.seconds, seed, chosen.devices, chosen.rps)
    _say(f"seed {seed}; the same faults again with --seed {seed}")
    is_right = False
    try:
        outcome = run(options, _say)
        is_right = outcome.is_right
        print(report(outcome))
    except (ServerFailedError, AssertionError) as error:
        print(f"it did not heal: {error}")
    finally:
        if is_right and not chosen.data:
            shutil.rmtree(data)
        else:
            _say(f"seed {seed}; data and logs are in {data}")
    sys.exit(0 if is_right else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-dev/chaos",
        description="Starts a system of its own (ports and data apart from local-dev/up), posts"
        " readings, and kills and stops functions, bridge, database and broker at random. Then it"
        " heals all, and accounts for every reading that was acknowledged.",
    )
    add = parser.add_argument
    add("--seconds", type=seconds, default=60.0, metavar="TIME", help="how long (default 60)")
    add("--seed", type=int, metavar="S", help="which faults (default: others each time)")
    add("--devices", type=int, default=20, metavar="N")
    add("--rps", type=float, default=4.0, metavar="RATE", help="readings a second of each device")
    add("--data", metavar="FOLDER", help="keep data and logs there")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
