"""One run: load and faults, recovery, verdict, redrive of the dead letters, and verdict again.

After the recovery nothing is delivered again by the run itself: what the system does not do by
itself is not done.
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

from local_dev.paths import ROOT
from tests.chaos.fault_injector import FaultInjector
from tests.chaos.fault_plan import plan
from tests.chaos.generated_readings import Gateway
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load
from tests.chaos.oracle import DEFAULT_RANGES
from tests.chaos.stored_state import stored_state
from tests.chaos.system_under_test import SystemUnderTest
from tests.chaos.verdict import Rule, Verdict, verdict_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.fault_plan import Fault

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
TICK_S = 0.05
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
    """The verdicts before and after the redrive, what was posted, and events the bridge dropped."""

    before: Verdict
    after: Verdict
    ledger: Ledger
    dropped: list[str]

    @property
    def is_right(self) -> bool:
        return self.before.is_right and self.after.is_right and not self.after.dead_letters


def run(options: Options, report: Callable[[str], None]) -> Outcome:
    """Run a new system in `options.data`. Raise AssertionError where it does not recover."""
    system = SystemUnderTest(options.data, SETTINGS, report)
    try:
        system.start()
        ledger = _break(system, options, report)
        report("healed; waiting until every event is delivered and the views are settled")
        before = _settled(system, ledger)
        report(_redrive(system))
        after = _settled(system, ledger)
        return Outcome(before, after, ledger, system.events_lost)
    finally:
        system.stop()


def _break(system: SystemUnderTest, options: Options, report: Callable[[str], None]) -> Ledger:
    ledger = Ledger()
    gateways = [
        Gateway(number, WINDOW_S, random.Random(f"{options.seed}/gateway/{number}"))
        for number in range(max(1, options.devices // 2))
    ]
    load = Load(system.ingest, ledger, gateways, 2 * options.rps, options.seed)
    faults = plan(options.seconds, random.Random(options.seed))
    injector = FaultInjector(system, random.Random(f"{options.seed}/targets"), report)
    load.start()
    try:
        _carry_out(faults, options.seconds, injector, system.restart_up, report)
        system.heal()
    finally:
        load.end()
    return ledger


def _carry_out(
    faults: list[Fault],
    seconds: float,
    injector: FaultInjector,
    restart_up: Callable[[], None],
    report: Callable[[str], None],
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
                met = injector.begin(fault)
                report(f"{now_s:6.1f} s  {fault.kind} {fault.target}{lasts}: {met}")
                heapq.heappush(due, (fault.end_s, number, fault, False))
            else:
                injector.end(fault)
        restart_up()
        time.sleep(TICK_S)


def _settled(system: SystemUnderTest, ledger: Ledger) -> Verdict:
    """Wait until nothing is under way, then until all is right, or SETTLED_S have passed."""
    system.up.wait_for(lambda: _is_delivered(system), LAG_S)
    end = time.monotonic() + SETTLED_S
    while True:
        state = stored_state(system.mongo.url, DATABASE)
        verdict = verdict_on(state, ledger.entries, RULE)
        if verdict.is_right or time.monotonic() > end:
            return verdict
        time.sleep(1)


def _is_delivered(system: SystemUnderTest) -> bool:
    sources = system.up.status["sources"].values()
    return bool(sources) and all(s["lag"] == 0 and s["in_flight"] == 0 for s in sources)


def _redrive(system: SystemUnderTest) -> str:
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
