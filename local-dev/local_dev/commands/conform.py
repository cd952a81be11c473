"""`local-dev/conform`: holds our KafkaSource against a recording of the real one.

Driver and recording are given by path; the broker is a real Kafka, started here unless given.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from local_dev.conformance.comparison import differences, groups_of, known_differences, objections
from local_dev.conformance.driver import observe
from local_dev.paths import KAFKA_JARS, KAFKA_LOCK, ROOT
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = ROOT / "tests" / "conformance" / "differences.yaml"


def main() -> None:
    """Print each difference that is not listed; the exit code is 1 if there is one."""
    chosen = _parser().parse_args()
    recorded = chosen.recording.read_text(encoding="utf-8").splitlines()
    groups = chosen.groups or groups_of(recorded)
    with _broker(chosen.bootstrap) as bootstrap:
        observed = observe(chosen.driver, bootstrap, groups, chosen.lanes)
    if chosen.out:
        chosen.out.write_text("\n".join(observed) + "\n", encoding="utf-8")
    found = differences(recorded, observed)
    wrong = objections(found, known_differences(KNOWN), groups)
    print("\n".join(wrong) if wrong else "", end="\n" if wrong else "")
    print(
        f"{len(observed)} scenarios in {len(groups)} groups;"
        f" {len(wrong)} objections, {len(found)} differences in all; listed: {KNOWN.name}"
    )
    sys.exit(1 if wrong else 0)


@contextlib.contextmanager
def _broker(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with TemporaryDirectory() as folder:
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=print)
        broker = KafkaBroker(free_port(), Path(folder), jars)
        broker.start()
        try:
            broker.wait_until_ready()
            yield broker.bootstrap
        finally:
            broker.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="local-dev/conform",
        description="Runs a conformance driver against local-dev's KafkaSource and compares what it"
        " saw with a recording of the real one. Takes about 6 minutes with one lane.",
    )
    parser.add_argument("--driver", type=Path, required=True, help="the program with the scenarios")
    parser.add_argument("--recording", type=Path, required=True, help="JSON lines of the real one")
    parser.add_argument("--lanes", type=int, default=1, help="so many groups at a time (default 1)")
    parser.add_argument("--out", type=Path, help="also write what was seen to this file")
    parser.add_argument(
        "--bootstrap",
        default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"),
        help="a Kafka to use (default KAFKA_BOOTSTRAP_SERVERS, else one is started)",
    )
    parser.add_argument("groups", nargs="*", help="the groups to run (default all)")
    return parser


if __name__ == "__main__":
    main()
