"""Run schedules by their seeds: `python -m tests.simulation.run_schedules --seed 17`.

Or `--first 0 --count 2000`. Exit code 1 where one breaks a promise, with its trace.
"""

import argparse
import logging
import sys
import time
from collections.abc import Sequence

from tests.simulation.alerts.schedule import run_alert_schedule
from tests.simulation.ledger import Broken
from tests.simulation.profile import ALERTS, KINDS
from tests.simulation.schedule import run_schedule


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    logging.disable(logging.WARNING)
    seeds = range(options.first, options.first + options.count)
    if options.seed is not None:
        seeds = range(options.seed, options.seed + 1)
    began = time.monotonic()
    for seed in seeds:
        try:
            if options.kind == ALERTS:
                run_alert_schedule(seed)
            else:
                run_schedule(seed, options.kind)
        except Broken as broken:
            sys.stdout.write(f"{broken}\n")
            return 1
    seconds = time.monotonic() - began
    sys.stdout.write(f"{len(seeds)} schedules in {seconds:.1f} s: all promises kept\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run_schedules")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--kind", choices=(*KINDS, ALERTS), help="only this kind")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
