"""One sentence, with the remedy, for what the operating system refuses."""

import errno
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from local_dev.commands.command_line import run
from local_dev.refusals import reason_in, refusal


class Usage(NamedTuple):
    total: int
    used: int
    free: int


KAFKA_WITHOUT_MEMORY = (
    "# There is insufficient memory for the Java Runtime Environment to continue."
)
MONGOD_TWICE = '{"s":"E","c":"CONTROL","id":20557,"msg":"DBException in initAndListen, terminating"'
MONGOD_TWICE += ',"attr":{"error":"DBPathInUse: Unable to lock the lock file"}}'


def error_at(path: Path, number: int) -> OSError:
    return OSError(number, os.strerror(number), str(path))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 100 << 30, 0))


@pytest.fixture
def other_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_with_what_is_free(tmp_path: Path, number: int) -> None:
    file = tmp_path / "not yet" / "there"

    assert refusal(error_at(file, number)) == (
        f"the disk of {file} is full (0 MB free): make room there"
    )


@pytest.mark.usefixtures("other_user")
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_folder_of_another_user_is_named_with_its_owner_and_the_remedy(
    tmp_path: Path, number: int
) -> None:
    sentence = refusal(error_at(tmp_path / "run" / "lock", number))

    assert f"{tmp_path} belongs to {tmp_path.owner()}" in sentence
    assert f"sudo chown -R 4711 '{tmp_path}'" in sentence


def test_ones_own_folder_is_read_only(tmp_path: Path) -> None:
    assert f"{tmp_path} is read-only for its owner" in refusal(error_at(tmp_path, errno.EROFS))


def test_any_other_error_is_said_with_its_file(tmp_path: Path) -> None:
    assert refusal(error_at(tmp_path, errno.EIO)) == f"{tmp_path}: Input/output error"


def test_an_error_without_a_file_is_said_in_the_systems_words() -> None:
    assert refusal(OSError(errno.EMFILE, "Too many open files")) == "Too many open files"
    assert refusal(TimeoutError("timed out")) == "timed out"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("java.io.IOException: No space left on device", "is full"),
        ("ERROR: [Errno 122] Disk quota exceeded", "is full"),
        ("[Errno 13] Permission denied: '/x'", "cannot be used"),
        ("java.nio.file.AccessDeniedException: /x/meta.properties", "cannot be used"),
        (KAFKA_WITHOUT_MEMORY, "not enough memory"),
        (MONGOD_TWICE, "another process uses the same data"),
        ("kafka.common.KafkaException: Failed to acquire lock on file .lock in", "another process"),
        ("ERROR: No matching distribution found for tiny==1.0", "the package index"),
    ],
)
def test_the_end_of_a_log_gives_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    assert reason in str(reason_in(["INFO starting", line], tmp_path))


def test_the_file_of_another_user_below_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    user = tmp_path.lstat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)

    reason = reason_in(["Attempted to create a lock file on a read-only directory"], tmp_path)

    assert f"{tmp_path} belongs to {tmp_path.owner()}" in str(reason)


def test_another_log_gives_none(tmp_path: Path) -> None:
    assert reason_in(["java.lang.IllegalStateException: a bug"], tmp_path) is None


@pytest.mark.usefixtures("full_disk")
def test_an_empty_log_on_a_full_disk_gives_the_disk(tmp_path: Path) -> None:
    assert "is full" in str(reason_in([], tmp_path))


def test_a_command_ends_with_the_sentence_and_no_traceback(tmp_path: Path) -> None:
    def status() -> None:
        """Show nothing."""
        raise error_at(tmp_path, errno.ENOSPC)

    with pytest.raises(SystemExit, match="is full"):
        run(status, [])
