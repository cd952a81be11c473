"""A system whose parts are killed and stopped at random loses no reading that it acknowledged."""

import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(420)]

SEED = 20  # of the plan; when what happens meets what depends on the machine


def test_after_all_parts_were_killed_and_stopped_every_acknowledged_reading_is_accounted_for(
    root: Path, tmp_path: Path
) -> None:
    options = ["--seconds=35", f"--seed={SEED}", "--devices=12", f"--data={tmp_path / 'chaos'}"]

    done = subprocess.run(
        [root / "local-dev" / "chaos", *options],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("all devices") == 2, "before and after the redrive"
