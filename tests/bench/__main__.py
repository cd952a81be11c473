"""`local-dev/bench`: how fast the parts are, each beside a baseline of the same run."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from local_dev.commands.command_line import run
from local_dev.console import show
from tests.bench import aggregate, alert, bridge, cold_start, dialects, ingest, prometheus, reads
from tests.bench.chart import chart_of
from tests.bench.figures import Figure, as_json, table
from tests.bench.real_servers import RealServers

Case = Callable[[RealServers, int], Sequence[Figure]]

CASES: Final[Mapping[str, Case]] = {
    ingest.NAME: ingest.figures,
    dialects.NAME: dialects.figures,
    aggregate.NAME: aggregate.figures,
    alert.NAME: alert.figures,
    bridge.NAME: bridge.figures,
    prometheus.NAME: prometheus.figures,
    reads.NAME: reads.figures,
    cold_start.NAME: cold_start.figures,
}


def bench(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help=", ".join(CASES))
    ] = None,
    *,
    rounds: Annotated[int, typer.Option(metavar="N", min=1, help="Rounds of each case.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write figures.json and a picture per case there."),
    ] = None,
) -> None:
    """Measure the named cases, or all, on a real Kafka and a real MongoDB of its own.

    Every figure is the median of the rounds, in which what is compared runs in turn; a ratio is
    the median of the rounds' ratios. Nothing else should be at work on the machine. The exit code
    is 0 whatever was measured.
    """
    chosen = cases or list(CASES)
    unknown = [name for name in chosen if name not in CASES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(CASES)}")
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="iot-bench-") as name, RealServers(Path(name)) as real:
        for case in chosen:
            figures = CASES[case](real, rounds)
            for line in table(figures):
                show(line)
            found += figures
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                (out / f"{case}.svg").write_text(chart_of(figures))
                (out / "figures.json").write_text(as_json(found, machine()))


def machine() -> Mapping[str, object]:
    """Return what the figures depend on."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    run(bench, sys.argv[1:])
