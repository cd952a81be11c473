"""`local-dev/conform`: compares our KafkaSource with a recording of the real one."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from local_dev.commands.command_line import run
from local_dev.console import show
from local_dev.paths import KAFKA_JARS, KAFKA_LOCK, ROOT
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from tests.conformance.comparison import differences, groups_of, known_differences, objections
from tests.conformance.driver import observe

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = ROOT / "tests" / "conformance" / "differences.yaml"


def conform(
    driver: Annotated[Path, typer.Option(metavar="FILE", help="The program with the scenarios.")],
    recording: Annotated[Path, typer.Option(metavar="FILE", help="JSON lines of the real one.")],
    groups: Annotated[
        list[str] | None,
        typer.Argument(metavar="GROUP", help="The groups to run (default all)."),
    ] = None,
    lanes: Annotated[int, typer.Option(metavar="N", help="So many groups at a time.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write what was seen to this file.")
    ] = None,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            envvar="KAFKA_BOOTSTRAP_SERVERS",
            metavar="HOST:PORT",
            help="A Kafka to use; else one is started.",
        ),
    ] = None,
) -> None:
    """Run a conformance driver against local-dev's KafkaSource, and compare with a recording.

    Takes about 6 minutes with one lane. Prints each difference that is not listed; the exit code is
    1 if there is one.
    """
    recorded = recording.read_text(encoding="utf-8").splitlines()
    chosen = groups or groups_of(recorded)
    with _broker(bootstrap) as address:
        observed = observe(driver, address, chosen, lanes)
    if out:
        out.write_text("\n".join(observed) + "\n", encoding="utf-8")
    found = differences(recorded, observed)
    wrong = objections(found, known_differences(KNOWN), chosen)
    show(*wrong)
    show(
        f"{len(observed)} scenarios in {len(chosen)} groups;"
        f" {len(wrong)} objections, {len(found)} differences in all; listed: {KNOWN.name}"
    )
    sys.exit(1 if wrong else 0)


@contextlib.contextmanager
def _broker(given: str | None) -> Iterator[str]:
    if given:
        yield given
        return
    with TemporaryDirectory() as folder:
        jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=show)
        broker = KafkaBroker(free_port(), Path(folder), jars)
        broker.start()
        try:
            broker.wait_until_ready()
            yield broker.bootstrap
        finally:
            broker.stop()


if __name__ == "__main__":
    run(conform)
