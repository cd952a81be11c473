"""Telegraf itself, with each of its outputs that speaks to ingest; where it is installed."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.support.ingest_server import IngestServer

_INPUT: Final = """
[agent]
  interval = "1s"
  flush_interval = "1s"
  omit_hostname = false
  hostname = "greenhouse-1"
[[inputs.mem]]
"""
OUTPUTS: Final = {
    "influxdb_v2": """
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "any"
  organization = "any"
  bucket = "any"
""",
    "influxdb": """
[[outputs.influxdb]]
  urls = ["{url}"]
  database = "telemetry"
""",
    "http": """
[[outputs.http]]
  url = "{url}/ingest/telegraf"
  data_format = "json"
  non_retryable_statuscodes = [400, 413, 422]
  [outputs.http.headers]
    Content-Type = "application/json"
""",
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_telegraf_gathers_is_stored(ingest: IngestServer, tmp_path: Path, output: str) -> None:
    telegraf = shutil.which("telegraf")
    if telegraf is None:
        pytest.skip("no telegraf on PATH: a package, or built from its Go module")
    ingest.now = datetime.now(UTC)  # Telegraf's clock is real
    config = tmp_path / "telegraf.conf"
    config.write_text(_INPUT + OUTPUTS[output].replace("{url}", ingest.url))

    command = [telegraf, "--config", str(config), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)

    assert done.returncode == 0, done.stderr
    assert [one["device_id"] for one in ingest.queued] == ["greenhouse-1"], done.stderr
    assert any(name.endswith("total") for name in ingest.queued[0]["measurements"])
