"""Apache Kafka's jars: fetched where they are missing, and verified against the lock file.

`local-dev/kafka-jars.lock` names each jar with its sha256 (jgo's lock format). What is missing is
fetched by jgo as the machine's jgo settings say, and nothing unverified reaches the class path.
`chart_files` gets the jar of the page's charts by the same way.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_dev.servers.child_process import ServerFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

DOWNLOADS_AT_ONCE = 6
TIMEOUT_S = 60
REPORT_EVERY = 5  # jars


@dataclass(frozen=True, slots=True)
class LockedJar:
    """One jar of the lock file, by its Maven coordinates."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def class_path(lock: Path, folder: Path, on_progress: Callable[[str], None]) -> list[Path]:
    """Return the verified jars of `lock`, after fetching into `folder` what is not there yet.

    Raise ServerFailedError if a jar cannot be fetched, or is not the one that was locked.
    """
    jars = _locked_jars(lock)
    missing = [jar for jar in jars if not (folder / jar.file_name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(missing, folder, on_progress)
    for jar in jars:
        _refuse_any_other(folder / jar.file_name, jar)
    return [folder / jar.file_name for jar in jars]


def _locked_jars(lock: Path) -> list[LockedJar]:
    dependencies = tomllib.loads(lock.read_text())["dependencies"]
    return [
        LockedJar(one["groupId"], one["artifactId"], one["version"], one["sha256"])
        for one in dependencies
    ]


def _fetch(jars: list[LockedJar], folder: Path, on_progress: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetching-") as repository:
        maven = _maven(Path(repository))

        def fetch(jar: LockedJar) -> None:
            fetched = _fetched(maven, jar)
            _refuse_any_other(fetched, jar)
            fetched.rename(folder / jar.file_name)

        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            for number, _ in enumerate(pool.map(fetch, jars), start=1):
                if number % REPORT_EVERY == 0 or number == len(jars):
                    on_progress(f"fetching {jars[0].artifact}: {number} of {len(jars)} jars")
        finally:
            pool.shutdown(cancel_futures=True)


def _maven(repository: Path) -> Any:  # noqa: ANN401 - jgo's types are not complete
    from jgo.config import GlobalSettings  # noqa: PLC0415 - slow to import, and needed once
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 - as above
    from jgo.maven import MavenContext  # noqa: PLC0415 - as above

    logging.getLogger("jgo").setLevel(logging.ERROR)
    remote = {"central": MAVEN_CENTRAL_URL} | GlobalSettings.load().repositories
    return MavenContext(repo_cache=repository, remote_repos=remote, timeout=TIMEOUT_S)


def _fetched(maven: Any, jar: LockedJar) -> Path:  # noqa: ANN401 - as above
    try:
        return Path(
            maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        )
    except (OSError, RuntimeError, ValueError) as error:
        message = f"{jar.file_name} could not be fetched: {error}"
        raise ServerFailedError(message) from error


def _refuse_any_other(file: Path, jar: LockedJar) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != jar.sha256:
        file.unlink()
        raise ServerFailedError(
            f"{jar.file_name} is not the file that the lock in local-dev names: its sha256 is "
            f"{found}, locked is {jar.sha256}. It was deleted and is not used."
        )
