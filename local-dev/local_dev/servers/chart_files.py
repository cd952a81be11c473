"""uPlot for the dashboard's page: fetched as `local-dev/chart-jars.lock` says, and unpacked.

`python -m local_dev.servers.chart_files FOLDER` does it for an image, and local-dev for itself. The
page does without where it is not there.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from local_dev.paths import CHARTS, CHARTS_JARS, CHARTS_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.kafka_jars import class_path

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE")


def unpack_charts(lock: Path, jars: Path, folder: Path, on_progress: Callable[[str], None]) -> None:
    """Put the files of the locked jar that the page needs, and its licence, into `folder`.

    Raise ServerFailedError if the jar cannot be fetched, or is not the one that was locked.
    """
    (jar,) = class_path(lock, jars, on_progress)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar) as content:
        for member in content.namelist():
            for name in FILES:
                if member.endswith(f"/{name}"):
                    (folder / Path(name).name).write_bytes(content.read(member))


def prepare_charts(report: Callable[[str], None]) -> None:
    """Unpack them where local-dev's dashboard looks for them; report where that cannot be."""
    if all((CHARTS / Path(name).name).exists() for name in FILES):
        return
    try:
        unpack_charts(CHARTS_LOCK, CHARTS_JARS, CHARTS, lambda _: None)
    except ServerFailedError as error:
        report(f"the page shows tables and no charts: {error}")


if __name__ == "__main__":
    unpack_charts(CHARTS_LOCK, CHARTS_JARS, Path(sys.argv[1]), print)
