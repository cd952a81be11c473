"""The runner of a conformance driver's scenarios with our KafkaSource.

The driver is a program that is given a command template with `--start`; see `source_command`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from local_dev.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

BRIDGE = (
    "{python} -m tests.conformance.source_command --bootstrap {{bootstrap}} --topic {{topic}}"
    " --group {{group}} --sink {{sink}} --dlq {{dlq}} --order {{order}} --key-type {{key}}"
    " --retry {{retry}} --backoff-delay {{delay}} --backoff-policy {{policy}}"
    " --timeout {{timeout}} --name src"
)
GROUP_TIMEOUT_S = 180


class DriverFailedError(Exception):
    """The driver broke; the message is its own."""


def observe(driver: Path, bootstrap: str, groups: Sequence[str], lanes: int) -> list[str]:
    """Run these groups, `lanes` at a time; return the driver's lines. Raise DriverFailedError."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(lanes) as pool:
        outputs = [Path(folder) / f"{group}.jsonl" for group in groups]
        runs = [
            pool.submit(_run, driver, bootstrap, group, output)
            for group, output in zip(groups, outputs, strict=True)
        ]
        for run in runs:
            run.result()
        return [line for output in outputs for line in output.read_text().splitlines()]


def _run(driver: Path, bootstrap: str, group: str, output: Path) -> None:
    start = BRIDGE.format(python=shlex.quote(sys.executable))
    command = [sys.executable, str(driver), group, "--bootstrap", bootstrap, "--start", start]
    path = os.pathsep.join([str(ROOT), str(ROOT / "local-dev")])
    run = subprocess.run(
        [*command, "--out", str(output)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=GROUP_TIMEOUT_S,
        check=False,
    )
    if run.returncode != 0:
        raise DriverFailedError(f"group {group}: {run.stdout}")
