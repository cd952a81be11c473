"""Debian's Prometheus with given samples, the truth to which our evaluation is held."""

import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local_dev.servers.free_port import free_port
from tests.support.plain_http import NO_TLS

Series = tuple[str, str, list[tuple[int, float]]]  # name, device, samples by milliseconds


def is_there() -> bool:
    return shutil.which("prometheus") is not None and shutil.which("promtool") is not None


@contextmanager
def prometheus_with(series: Iterable[Series], folder: Path, look_back_ms: int) -> Iterator[str]:
    """Yield the URL of one that has these samples."""
    text = folder / "samples.txt"
    text.write_text(open_metrics(series))
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(text),
        str(folder / "data"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (folder / "prometheus.yml").write_text("global: {}\n")
    port = free_port()
    arguments = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--query.lookback-delta={look_back_ms}ms",
        "--log.level=error",
    ]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/-/ready", timeout=5, verify=NO_TLS).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("prometheus is not ready")


def open_metrics(series: Iterable[Series]) -> str:
    """Return the samples in the text format of OpenMetrics, by name."""
    lines = []
    by_name: dict[str, list[str]] = {}
    for name, device_id, samples in series:
        rows = by_name.setdefault(name, [])
        rows += [
            f'{name}{{device_id="{device_id}"}} {value!r} {at / 1000}' for at, value in samples
        ]
    for name, rows in by_name.items():
        lines += [f"# TYPE {name} gauge", *rows]
    return "\n".join([*lines, "# EOF"]) + "\n"
