"""In which order is a system tortured, healed and examined? `local-dev/chaos` and its test run it.

Load and faults; then all is healed, and nothing is delivered again by us: what the system does not
do by itself is not done. Stock is taken, dead letters are redriven, and stock is taken again.
"""

from __future__ import annotations

import heapq
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.chaos.fault_injector import Torment
from local_dev.chaos.fault_plan import plan
from local_dev.chaos.generated_readings import Gateway
from local_dev.chaos.ledger import Ledger
from local_dev.chaos.load import Load
from local_dev.chaos.oracle import DEFAULT_RANGES
from local_dev.chaos.stored_state import stored_state
from local_dev.chaos.system_under_test import TorturedSystem
from local_dev.chaos.verdict import Rule, Stock, take_stock
from local_dev.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_dev.chaos.fault_plan import Fault

WINDOW_S = 10  # many windows end within a run
DATABASE = "iotdb"
SETTINGS = {
    "AGGREGATE_WINDOW_SECONDS": str(WINDOW_S),
    "AGGREGATE_GRACE_SECONDS": "2",
    "MAX_RETRIES": "1",  # gives up early: there shall be dead letters
    "RETRY_BACKOFF": "PT0.5S",
    "MONGO_TIMEOUT_MS": "2000",
    "TEMP_MIN_THRESHOLD": "-10",
    "TEMP_MAX_THRESHOLD": "50",
    "HUMIDITY_MIN_THRESHOLD": "0",
    "HUMIDITY_MAX_THRESHOLD": "100",
    "MONGO_DB": DATABASE,
}
RULE = Rule(WINDOW_S, DEFAULT_RANGES)
LOOK_S = 0.05
LAG_S = 120.0
SETTLED_S = 60.0  # the refresh has been through it by then, or never will be
REDRIVE_S = 120.0


@dataclass(frozen=True, slots=True)
class Options:
    """A run: `devices` in all, each giving `rps` readings a second, for so many seconds."""

    data: Path
    seconds: float
    seed: int
    devices: int
    rps: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The stock before and after the redrive, what was posted, and events the bridge gave up."""

    before: Stock
    after: Stock
    ledger: Ledger
    dropped: list[str]

    @property
    def is_right(self) -> bool:
        return self.before.is_right and self.after.is_right and not self.after.letters


def run(options: Options, say: Callable[[str], None]) -> Outcome:
    """Torture a new system in `options.data`. Raises AssertionError where it does not heal."""
    system = TorturedSystem(options.data, SETTINGS, say)
    try:
        system.start()
        ledger = _torture(system, options, say)
        say("healed; waiting until every event is delivered and the views are settled")
        before = _settled(system, ledger)
        redriven = _redrive(system)
        say(redriven)
        after = _settled(system, ledger)
        return Outcome(before, after, ledger, system.events_lost)
    finally:
        system.stop()


def _torture(system: TorturedSystem, options: Options, say: Callable[[str], None]) -> Ledger:
    ledger = Ledger()
    gateways = [
        Gateway(number, WINDOW_S, random.Random(f"{options.seed}/gateway/{number}"))
        for number in range(max(1, options.devices // 2))
    ]
    load = Load(system.ingest, ledger, gateways, 2 * options.rps, options.seed)
    faults = plan(options.seconds, random.Random(options.seed))
    torment = Torment(system, random.Random(f"{options.seed}/targets"), say)
    load.start()
    try:
        _carry_out(faults, options.seconds, torment, system.look_after, say)
        system.heal()
    finally:
        load.end()
    return ledger


def _carry_out(
    faults: list[Fault],
    seconds: float,
    torment: Torment,
    look_after: Callable[[], None],
    say: Callable[[str], None],
) -> None:
    """Begin and end each fault at its time; return after `seconds` and the last one's end."""
    begun = time.monotonic()
    due = [(fault.at_s, number, fault, True) for number, fault in enumerate(faults)]
    heapq.heapify(due)
    while due or time.monotonic() - begun < seconds:
        now_s = time.monotonic() - begun
        if due and due[0][0] <= now_s:
            _, number, fault, is_begin = heapq.heappop(due)
            if is_begin:
                lasts = f" for {fault.lasting_s:.1f} s" if fault.lasting_s else ""
                met = torment.begin(fault)
                say(f"{now_s:6.1f} s  {fault.kind} {fault.target}{lasts}: {met}")
                heapq.heappush(due, (fault.end_s, number, fault, False))
            else:
                torment.end(fault)
        look_after()
        time.sleep(LOOK_S)


def _settled(system: TorturedSystem, ledger: Ledger) -> Stock:
    """Wait until nothing is under way, then until all is right, or SETTLED_S have passed."""
    system.up.wait_for(lambda: _is_delivered(system), LAG_S)
    end = time.monotonic() + SETTLED_S
    while True:
        state = stored_state(system.mongo.url, DATABASE)
        stock = take_stock(state, ledger.entries, RULE)
        if stock.is_right or time.monotonic() > end:
            return stock
        time.sleep(1)


def _is_delivered(system: TorturedSystem) -> bool:
    sources = system.up.status["sources"].values()
    return bool(sources) and all(s["lag"] == 0 and s["in_flight"] == 0 for s in sources)


def _redrive(system: TorturedSystem) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "functions.dlq.redrive"],
        cwd=ROOT,
        env=os.environ | system.settings,
        capture_output=True,
        text=True,
        timeout=REDRIVE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]
