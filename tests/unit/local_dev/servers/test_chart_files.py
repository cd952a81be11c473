"""uPlot's files come out of the locked jar, with its licence, and nothing else does."""

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from local_dev.paths import CHARTS_LOCK
from local_dev.servers import chart_files
from local_dev.servers.chart_files import prepare_charts, unpack_charts
from local_dev.servers.child_process import ServerFailedError

INSIDE = "META-INF/resources/webjars/uplot/1.0"


def jar_in(folder: Path) -> Path:
    """Make a jar like uPlot's, and its lock."""
    jar = folder / "uplot-1.0.jar"
    with zipfile.ZipFile(jar, "w") as content:
        content.writestr(f"{INSIDE}/dist/uPlot.iife.min.js", "var uPlot;")
        content.writestr(f"{INSIDE}/dist/uPlot.esm.js", "export default 1;")
        content.writestr(f"{INSIDE}/dist/uPlot.min.css", ".uplot {}")
        content.writestr(f"{INSIDE}/LICENSE", "MIT")
    lock = folder / "lock"
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    lock.write_text(
        '[[dependencies]]\ngroupId = "org.example"\nartifactId = "uplot"\nversion = "1.0"\n'
        f'packaging = "jar"\nsha256 = "{digest}"\n'
    )
    return lock


def test_the_files_of_the_page_and_the_licence_are_unpacked(tmp_path: Path) -> None:
    unpack_charts(jar_in(tmp_path), tmp_path, tmp_path / "charts", print)

    found = {one.name: one.read_text() for one in (tmp_path / "charts").iterdir()}
    assert found == {
        "uPlot.iife.min.js": "var uPlot;",
        "uPlot.min.css": ".uplot {}",
        "LICENSE": "MIT",
    }


def test_another_jar_is_refused(tmp_path: Path) -> None:
    lock = jar_in(tmp_path)
    (tmp_path / "uplot-1.0.jar").write_bytes(b"evil")

    with pytest.raises(ServerFailedError, match="is not the file that the lock"):
        unpack_charts(lock, tmp_path, tmp_path / "charts", print)


def test_they_are_prepared_once_and_the_system_starts_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(chart_files, "CHARTS_LOCK", jar_in(tmp_path))
    monkeypatch.setattr(chart_files, "CHARTS_JARS", tmp_path)
    monkeypatch.setattr(chart_files, "CHARTS", tmp_path / "charts")

    prepare_charts(reported.append)
    (tmp_path / "uplot-1.0.jar").write_bytes(b"evil")
    prepare_charts(reported.append)
    (tmp_path / "charts" / "LICENSE").unlink()
    prepare_charts(reported.append)

    assert len(reported) == 1
    assert reported[0].startswith("the page shows tables and no charts: uplot-1.0.jar")


def test_the_lock_names_uplot_and_no_host() -> None:
    lock = CHARTS_LOCK.read_text()

    assert 'artifactId = "uplot"\nversion = "1.6.30"' in lock
    assert "//" not in lock
    assert len(re.findall(r'^sha256 = "[0-9a-f]{64}"$', lock, re.MULTILINE)) == 1
